//! Tests devices: a missing device is an error where it is named, and each present device computes.

use radiograph_libtorch::{Device, DeviceError, Devices};

#[test]
fn the_processor_is_always_there() {
    assert_eq!(Devices::present().all().next(), Some(Device::CPU));
    assert_eq!("cpu".parse::<Device>().unwrap().to_tch(), tch::Device::Cpu);
}

#[test]
fn a_missing_cuda_device_is_an_error_where_it_is_named() {
    let absent = Devices::present().cuda;
    let error = Device::cuda(absent).unwrap_err();
    assert!(matches!(error, DeviceError::Absent { index, .. } if index == absent), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&format!("cuda:{absent} is not available")), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        serde_json::from_str::<Device>(&format!("\"cuda:{absent}\"")).is_err(),
        "a config can name it no more than code"
    );
}

/// The linked libraries and libtorch's report must agree, which detects CUDA libraries that the linker dropped.
#[test]
fn cuda_is_linked_if_and_only_if_it_lies_there() {
    assert_eq!(Devices::present().cuda_linked, cfg!(libtorch_cuda));
}

#[cfg(libtorch_cuda)]
#[test]
fn every_cuda_device_computes() {
    let devices: Vec<Device> = Devices::present().all().filter(|device| device.is_cuda()).collect();
    if devices.is_empty() {
        // Panics if there is a GPU: then CUDA is broken, and not absent.
        return radiograph_needs::skip(&radiograph_needs::Need::Gpu);
    }
    for device in devices {
        let ones = tch::Tensor::ones([64, 64], (tch::Kind::Float, device.to_tch()));
        let sum = ones.matmul(&ones).sum(tch::Kind::Float).double_value(&[]);
        assert_eq!(sum, 262_144.0, "{device}");
    }
}
