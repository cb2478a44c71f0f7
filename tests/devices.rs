//! Tests devices: a missing device is an error where it is named, and each present device computes.

use radiograph::{CheckOutcome, Checked, DeviceCheck};
use radiograph_libtorch::{Device, DeviceError, Devices};
use radiograph_weights::Architecture;

/// The device that `RADIOGRAPH_TEST_DEVICE` names, on which every test computes that is not about the processor; else the
/// processor. One that is absent fails the tests.
pub(crate) fn device() -> Device {
    match std::env::var("RADIOGRAPH_TEST_DEVICE") {
        Ok(name) => name.parse().unwrap_or_else(|error| panic!("RADIOGRAPH_TEST_DEVICE={name}: {error}")),
        Err(_) => Device::CPU,
    }
}

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

/// The same check as `radiograph devices --check`, with one network.
#[test]
fn a_device_computes_what_the_processor_computes() {
    let device = device();
    let mut parts = Vec::new();
    let check = DeviceCheck::of(device).networks(vec![Architecture::DENSENET121]).values_alone();
    let record = check.run(&mut |part| parts.push(part.to_owned())).unwrap();
    assert!(record.passed(), "{record:#?}");
    let is_equal = |check: &&Checked| matches!(check.outcome, CheckOutcome::Equal(_));
    let (halves, single): (Vec<&Checked>, Vec<&Checked>) =
        record.checks.iter().partition(|check| check.what.contains("f16"));
    // libtorch 2.0 does not compute f16 on a processor.
    assert_eq!(halves.len(), 2, "{record:#?}");
    assert!(halves.iter().any(is_equal), "{record:#?}");
    let equal = single.iter().filter(|check| is_equal(check)).count();
    // One or two forms of the network, gradients and weights of two cells, an explanation, and two of memory.
    assert_eq!(equal, 8 + usize::from(device.is_cuda()), "{record:#?}");
    assert_eq!(parts.len(), 3, "{parts:?}");
    // Folded layers are another computation than plain ones, so a difference of 0 would mean that one was compared with itself.
    let folded = record.checks.iter().find(|check| check.what == "densenet121, folded").unwrap();
    assert!(matches!(folded.outcome, CheckOutcome::Equal(difference) if difference > 0.0), "{folded}");
}
