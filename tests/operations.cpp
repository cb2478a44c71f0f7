// Counts the operations that libtorch does in this process. If the environment variable RADIOGRAPH_OPERATIONS names a file, the counts
// are written into it at the end of the process: one line for each operation, its name and its number.
//
// Operations called by operations are counted too. An operation is no kernel: one may start several on a GPU, or none. Copies of one
// number are left out: on the processor libtorch makes one of each factor and of each term.

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

bool copies_one_number(const at::RecordFunction& function, const std::string& name) {
    if (name != "aten::copy_" && name != "aten::_to_copy") {
        return false;
    }
    const auto inputs = function.inputs();
    return !inputs.empty() && inputs[0].isTensor() && inputs[0].toTensor().defined() && inputs[0].toTensor().numel() < 2;
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& function) {
    const std::string name = function.name();
    if (!copies_one_number(function, name)) {
        std::lock_guard<std::mutex> lock(mutex);
        ++counts[name];
    }
    return nullptr;
}

struct Counter {
    const char* path = std::getenv("RADIOGRAPH_OPERATIONS");

    Counter() {
        if (path) {
            at::addGlobalCallback(
                at::RecordFunctionCallback(count).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
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
