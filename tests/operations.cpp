// Counts the operations that libtorch does in this process. If the environment variable RADIOGRAPH_OPERATIONS names a file, the counts
// are written into it at the end of the process: one line for each operation, its name and its number.
//
// Operations called by operations are counted too. An operation is no kernel: one may start several on a GPU, or none.

#include <ATen/record_function.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace {

std::mutex mutex;
std::map<std::string, long> counts;

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& function) {
    std::lock_guard<std::mutex> lock(mutex);
    ++counts[function.name()];
    return nullptr;
}

struct Counter {
    const char* path = std::getenv("RADIOGRAPH_OPERATIONS");

    Counter() {
        if (path) {
            at::addGlobalCallback(at::RecordFunctionCallback(count).scopes({at::RecordScope::FUNCTION}));
        }
    }

    ~Counter() {
        if (path) {
            std::lock_guard<std::mutex> lock(mutex);
            std::ofstream file(path);
            for (const auto& [name, number] : counts) {
                file << name << ' ' << number << '\n';
            }
        }
    }
} counter;

}  // namespace
