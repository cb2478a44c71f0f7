//! Lists the wheels of each libtorch and of ONNX Runtime: name, size, checksum, and the members to unpack.
//!
//! `fetch.rs` downloads them, `unpack.rs` unpacks them.
//!
//! Checksums and sizes are those of the files that pip downloaded on 2026-11-22 (ONNX Runtime: 2026-12-01) and that the lanes were
//! tested with.

/// One published Python wheel, of which only libraries, headers and licences are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wheel {
    /// Requirement for pip.
    pub(crate) requirement: &'static str,
    /// Name of the file that pip must download; its last part is the platform tag for pip.
    pub(crate) file: &'static str,
    pub(crate) bytes: u64,
    /// Checksum in lower-case hexadecimal.
    pub(crate) sha256: &'static str,
    /// Members to unpack: `folder/` with everything below it, `folder/*.so` for the libraries directly in it, or one
    /// path.
    pub(crate) take: &'static [&'static str],
}

impl Wheel {
    /// The platform tag in the file name, which pip needs when its Python is not the one the wheel was made for.
    pub(crate) fn platform(&self) -> &'static str {
        let stem = self.file.trim_end_matches(".whl");
        let tags = stem.rsplit('-').next().unwrap_or(stem);
        tags.split('.').next().unwrap_or(tags)
    }

    /// The wheel's pattern that matches this member, if any.
    pub(crate) fn takes(&self, member: &str) -> Option<&'static str> {
        self.take.iter().copied().find(|pattern| matches(pattern, member))
    }
}

fn matches(pattern: &str, member: &str) -> bool {
    if let Some(folder) = pattern.strip_suffix("*.so") {
        return member.strip_prefix(folder).is_some_and(|name| !name.contains('/') && is_library(name));
    }
    if pattern.ends_with('/') { member.starts_with(pattern) } else { member == pattern }
}

/// Whether this is a library such as `libcudart.so.13` or `libc10.so`, but not Python's bindings or their shared-memory
/// process.
fn is_library(name: &str) -> bool {
    (name.ends_with(".so") || name.contains(".so.")) && !name.contains("python") && name != "libshm.so"
}

const fn wheel(
    requirement: &'static str,
    file: &'static str,
    bytes: u64,
    sha256: &'static str,
    take: &'static [&'static str],
) -> Wheel {
    Wheel { requirement, file, bytes, sha256, take }
}

/// libtorch 2.13.0 without its CUDA part: 486 MB instead of 3.9 GB.
pub(crate) const CPU: &[Wheel] = &[
    wheel(
        "torch==2.13.0",
        "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        526_574_961,
        "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7",
        &[
            "torch/include/",
            "torch/lib/libc10.so",
            "torch/lib/libtorch_cpu.so",
            "torch/lib/libtorch.so",
            "torch/lib/libgomp.so.1",
        ],
    ),
    wheel(
        "nvidia-cuda-runtime==13.0.96",
        "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        2_243_632,
        "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        &["nvidia/cu13/lib/libcudart.so.13"],
    ),
    wheel(
        "nvidia-cuda-cupti==13.0.85",
        "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
        10_715_597,
        "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        &["nvidia/cu13/lib/libcupti.so.13"],
    ),
];

/// libtorch 2.13.0 with CUDA 13.0: kernels for compute capability 7.5 and above.
pub(crate) const CUDA: &[Wheel] = &[
    wheel(
        "torch==2.13.0",
        "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        526_574_961,
        "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7",
        &["torch/include/", "torch/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-runtime==13.0.96",
        "nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        2_243_632,
        "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-cupti==13.0.85",
        "nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl",
        10_715_597,
        "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cublas==13.1.1.3",
        "nvidia_cublas-13.1.1.3-py3-none-manylinux_2_27_x86_64.whl",
        423_138_758,
        "37936a16db8fe4ac1f065c2139360608a543a09275cb1a1af612e08cfa065436",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-nvrtc==13.0.88",
        "nvidia_cuda_nvrtc-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        90_215_200,
        "ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cufft==12.0.0.61",
        "nvidia_cufft-12.0.0.61-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        214_085_489,
        "6c44f692dce8fd5ffd3e3df134b6cdb9c2f72d99cf40b62c32dde45eea9ddad3",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cufile==1.15.1.6",
        "nvidia_cufile-1.15.1.6-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        1_223_672,
        "08a3ecefae5a01c7f5117351c64f17c7c62efa5fffdbe24fc7d298da19cd0b44",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-curand==10.4.0.35",
        "nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl",
        59_544_258,
        "1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cusolver==12.0.4.66",
        "nvidia_cusolver-12.0.4.66-py3-none-manylinux_2_27_x86_64.whl",
        200_941_980,
        "0a759da5dea5c0ea10fd307de75cdeb59e7ea4fcb8add0924859b944babf1112",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cusparse==12.6.3.3",
        "nvidia_cusparse-12.6.3.3-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        145_942_937,
        "2b3c89c88d01ee0e477cb7f82ef60a11a4bcd57b6b87c33f789350b59759360b",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-nvjitlink==13.0.88",
        "nvidia_nvjitlink-13.0.88-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
        40_713_933,
        "13a74f429e23b921c1109976abefacc69835f2f433ebd323d3946e11d804e47b",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-nvtx==13.0.85",
        "nvidia_nvtx-13.0.85-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl",
        148_047,
        "4936d1d6780fbe68db454f5e72a42ff64d1fd6397df9f363ae786930fd5c1cd4",
        &["nvidia/cu13/lib/*.so"],
    ),
    wheel(
        "nvidia-cudnn-cu13==9.20.0.48",
        "nvidia_cudnn_cu13-9.20.0.48-py3-none-manylinux_2_27_x86_64.whl",
        366_173_588,
        "0c45dd8eeb50b603f07995b1b300c62ffe6a1980482b82b3bcf94a4ca9d49304",
        &["nvidia/cudnn/lib/*.so"],
    ),
    wheel(
        "nvidia-cusparselt-cu13==0.8.1",
        "nvidia_cusparselt_cu13-0.8.1-py3-none-manylinux2014_x86_64.whl",
        170_148_586,
        "786ce87568c303fadb5afcc7102d454cd3040d75f6f8626f5db460d1871f4dd0",
        &["nvidia/cusparselt/lib/*.so"],
    ),
    wheel(
        "nvidia-nccl-cu13==2.29.7",
        "nvidia_nccl_cu13-2.29.7-py3-none-manylinux_2_18_x86_64.whl",
        205_976_000,
        "edd81538446786ec3b73972543e53bb43bcaf0bfc8ef76cb679fcc390ffe136d",
        &["nvidia/nccl/lib/*.so"],
    ),
    wheel(
        "nvidia-nvshmem-cu13==3.4.5",
        "nvidia_nvshmem_cu13-3.4.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        60_412_546,
        "290f0a2ee94c9f3687a02502f3b9299a9f9fe826e6d0287ee18482e78d495b80",
        &["nvidia/nvshmem/lib/*.so"],
    ),
];

/// libtorch 2.0.1 without its CUDA part, for testing the kepler lane on a machine without a GPU.
pub(crate) const KEPLER_CPU: &[Wheel] = &[
    wheel(
        "torch==2.0.1",
        "torch-2.0.1-cp311-cp311-manylinux1_x86_64.whl",
        619_895_009,
        "e617b1d0abaf6ced02dbb9486803abfef0d581609b09641b34fa315c9c40766d",
        &[
            "torch/include/",
            "torch/lib/libc10.so",
            "torch/lib/libtorch_cpu.so",
            "torch/lib/libtorch.so",
            "torch/lib/libgomp-a34b3233.so.1",
        ],
    ),
    wheel(
        "nvidia-cuda-runtime-cu11==11.7.99",
        "nvidia_cuda_runtime_cu11-11.7.99-py3-none-manylinux1_x86_64.whl",
        849_253,
        "cc768314ae58d2641f07eac350f40f99dcb35719c4faff4bc458a7cd2b119e31",
        &["nvidia/cuda_runtime/lib/libcudart.so.11.0"],
    ),
    wheel(
        "nvidia-cuda-cupti-cu11==11.7.101",
        "nvidia_cuda_cupti_cu11-11.7.101-py3-none-manylinux1_x86_64.whl",
        11_845_698,
        "e0cfd9854e1f2edaa36ca20d21cd0bdd5dcfca4e3b9e130a082e05b33b6c5895",
        &["nvidia/cuda_cupti/lib/libcupti.so.11.7"],
    ),
];

/// libtorch 2.0.1 with CUDA 11.7: kernels for compute capability 3.7 (Tesla K80) to 8.6.
pub(crate) const KEPLER: &[Wheel] = &[
    wheel(
        "torch==2.0.1",
        "torch-2.0.1-cp311-cp311-manylinux1_x86_64.whl",
        619_895_009,
        "e617b1d0abaf6ced02dbb9486803abfef0d581609b09641b34fa315c9c40766d",
        &["torch/include/", "torch/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-runtime-cu11==11.7.99",
        "nvidia_cuda_runtime_cu11-11.7.99-py3-none-manylinux1_x86_64.whl",
        849_253,
        "cc768314ae58d2641f07eac350f40f99dcb35719c4faff4bc458a7cd2b119e31",
        &["nvidia/cuda_runtime/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-cupti-cu11==11.7.101",
        "nvidia_cuda_cupti_cu11-11.7.101-py3-none-manylinux1_x86_64.whl",
        11_845_698,
        "e0cfd9854e1f2edaa36ca20d21cd0bdd5dcfca4e3b9e130a082e05b33b6c5895",
        &["nvidia/cuda_cupti/lib/*.so"],
    ),
    wheel(
        "nvidia-cudnn-cu11==8.5.0.96",
        "nvidia_cudnn_cu11-8.5.0.96-2-py3-none-manylinux1_x86_64.whl",
        557_141_533,
        "402f40adfc6f418f9dae9ab402e773cfed9beae52333f6d86ae3107a1b9527e7",
        &["nvidia/cudnn/lib/*.so"],
    ),
    wheel(
        "nvidia-cublas-cu11==11.10.3.66",
        "nvidia_cublas_cu11-11.10.3.66-py3-none-manylinux1_x86_64.whl",
        317_097_917,
        "d32e4d75f94ddfb93ea0a5dda08389bcc65d8916a25cb9f37ac89edaeed3bded",
        &["nvidia/cublas/lib/*.so"],
    ),
    wheel(
        "nvidia-cufft-cu11==10.9.0.58",
        "nvidia_cufft_cu11-10.9.0.58-py3-none-manylinux2014_x86_64.whl",
        168_405_419,
        "e21037259995243cc370dd63c430d77ae9280bedb68d5b5a18226bfc92e5d748",
        &["nvidia/cufft/lib/*.so"],
    ),
    wheel(
        "nvidia-curand-cu11==10.2.10.91",
        "nvidia_curand_cu11-10.2.10.91-py3-none-manylinux1_x86_64.whl",
        54_628_716,
        "eecb269c970fa599a2660c9232fa46aaccbf90d9170b96c462e13bcb4d129e2c",
        &["nvidia/curand/lib/*.so"],
    ),
    wheel(
        "nvidia-cusolver-cu11==11.4.0.1",
        "nvidia_cusolver_cu11-11.4.0.1-2-py3-none-manylinux1_x86_64.whl",
        102_594_907,
        "72fa7261d755ed55c0074960df5904b65e2326f7adce364cbe4945063c1be412",
        &["nvidia/cusolver/lib/*.so"],
    ),
    wheel(
        "nvidia-cusparse-cu11==11.7.4.91",
        "nvidia_cusparse_cu11-11.7.4.91-py3-none-manylinux1_x86_64.whl",
        173_182_291,
        "a3389de714db63321aa11fbec3919271f415ef19fda58aed7f2ede488c32733d",
        &["nvidia/cusparse/lib/*.so"],
    ),
    wheel(
        "nvidia-nccl-cu11==2.14.3",
        "nvidia_nccl_cu11-2.14.3-py3-none-manylinux1_x86_64.whl",
        177_099_966,
        "5e5534257d1284b8e825bc3a182c6f06acd6eb405e9f89d49340e98cd8f136eb",
        &["nvidia/nccl/lib/*.so"],
    ),
    wheel(
        "nvidia-nvtx-cu11==11.7.91",
        "nvidia_nvtx_cu11-11.7.91-py3-none-manylinux1_x86_64.whl",
        98_579,
        "b22c64eee426a62fc00952b507d6d29cf62b4c9df7a480fcc417e540e05fd5ac",
        &["nvidia/nvtx/lib/*.so"],
    ),
    wheel(
        "nvidia-cuda-nvrtc-cu11==11.7.99",
        "nvidia_cuda_nvrtc_cu11-11.7.99-2-py3-none-manylinux1_x86_64.whl",
        21_011_023,
        "9f1562822ea264b7e34ed5930567e89242d266448e936b85bc97a3370feabb03",
        &["nvidia/cuda_nvrtc/lib/*.so"],
    ),
];

/// ONNX Runtime 1.32.0 for the processor: the library alone, with its licences.
pub(crate) const ONNX_RUNTIME: &[Wheel] = &[wheel(
    "onnxruntime==1.32.0",
    "onnxruntime-1.32.0-cp311-cp311-manylinux_2_28_x86_64.whl",
    27_773_237,
    "5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d",
    &[
        "onnxruntime/LICENSE",
        "onnxruntime/ThirdPartyNotices.txt",
        "onnxruntime/capi/libonnxruntime.so.1.32.0",
    ],
)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_say() {
        assert!(matches("torch/lib/*.so", "torch/lib/libgomp-a34b3233.so.1"));
        assert!(!matches("torch/lib/*.so", "torch/lib/libtorch_python.so"));
        assert!(!matches("torch/lib/*.so", "torch/lib/libshm/libshm.so"));
        assert!(matches("torch/include/", "torch/include/ATen/ATen.h"));
        assert!(!matches("torch/lib/libc10.so", "torch/lib/libc10.so.1"));
    }

    #[test]
    fn every_wheel_is_named_as_pip_names_it() {
        let all = [CPU, CUDA, KEPLER_CPU, KEPLER, ONNX_RUNTIME].concat();
        assert_eq!(all.len(), 3 + 16 + 3 + 12 + 1);
        for wheel in all {
            let (name, version) = wheel.requirement.split_once("==").unwrap();
            assert!(
                wheel.file.starts_with(&format!("{}-{version}-", name.replace('-', "_"))),
                "{}",
                wheel.file
            );
            assert!(wheel.platform().starts_with("manylinux"), "{}", wheel.file);
            assert_eq!(wheel.sha256.len(), 64);
        }
    }
}
