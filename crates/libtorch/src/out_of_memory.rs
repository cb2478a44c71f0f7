//! Recognises libtorch errors that mean a device ran out of memory.
//!
//! libtorch has no error code for this in Rust, so the text of the message is compared.

use std::fmt::Display;

/// Lower-case pieces of the messages of libtorch 2.0 and 2.13 when an allocation fails.
const OUT_OF_MEMORY: [&str; 7] = [
    // c10/cuda/CUDACachingAllocator.cpp: "CUDA out of memory. Tried to allocate …"
    "cuda out of memory",
    // From the driver: "CUDA error: out of memory".
    "cuda error: out of memory",
    // c10/core/impl/alloc_cpu.cpp: "DefaultCPUAllocator: can't allocate memory: you tried to allocate … bytes",
    // and "DefaultCPUAllocator: not enough memory".
    "defaultcpuallocator: can't allocate memory",
    "defaultcpuallocator: not enough memory",
    // Workspaces of cuDNN and cuBLAS.
    "cudnn_status_alloc_failed",
    "cublas_status_alloc_failed",
    // From the C++ library, passed on by libtorch.
    "bad_alloc",
];

/// Whether an error of libtorch, or one that passes on its message, says that the device's memory ran out.
pub fn is_out_of_memory(error: &impl Display) -> bool {
    let text = error.to_string().to_lowercase();
    OUT_OF_MEMORY.iter().any(|piece| text.contains(piece))
}

#[cfg(test)]
mod tests {
    use tch::{Tensor, kind::FLOAT_CPU};

    use super::*;

    /// Messages from the sources of libtorch 2.0.1 and 2.13.0.
    #[test]
    fn messages_of_libtorch_are_recognised() {
        let messages = [
            "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 11.17 GiB total capacity; 10.51 GiB already allocated)",
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 11.17 GiB",
            "CUDA error: out of memory",
            "[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes",
            "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "std::bad_alloc",
        ];
        for reason in messages {
            assert!(is_out_of_memory(&reason), "{reason}");
        }
    }

    #[test]
    fn a_real_refusal_of_memory_is_recognised_and_other_errors_are_not() {
        // A petabyte and a half: more than the address space of a process.
        let refused = Tensor::f_zeros([1_i64 << 20, 1 << 20, 400], FLOAT_CPU).unwrap_err();
        assert!(is_out_of_memory(&refused), "{refused}");
        let ones = Tensor::ones([2, 3], FLOAT_CPU);
        let other = ones.f_matmul(&ones).unwrap_err();
        assert!(!is_out_of_memory(&other), "{other}");
    }
}
