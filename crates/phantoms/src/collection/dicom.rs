//! Encodes a film as DICOM: digital X-ray, 12 bits, uncompressed.

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject, Tag};
use radiograph_image::{Picture, Samples};

/// Content of the header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) patient: String,
    /// Last part of the file's unique identifier.
    pub(super) number: u64,
    pub(super) sex: &'static str,
    pub(super) age: u8,
    pub(super) view: &'static str,
    /// Store the negative, as MONOCHROME1.
    pub(super) inverted: bool,
}

/// `None` only if the writing library refuses.
pub(super) fn encode(picture: &Picture, header: &Header) -> Option<Vec<u8>> {
    let Samples::Gray16(samples) = picture.samples() else { return None };
    let level = |&sample: &u16| {
        let level = ((u32::from(sample) * 4_095 + 32_767) / 65_535) as u16;
        if header.inverted { 4_095 - level } else { level }
    };
    let levels: Vec<u16> = samples.iter().map(level).collect();
    // 2.25 is the root of identifiers made from numbers (ITU-T X.667); this one is no one's.
    let identifier = format!("2.25.{}", 330_000_000_000_000_000_u64 + header.number);
    let text = |tag: Tag, kind: VR, value: &str| DataElement::new(tag, kind, PrimitiveValue::from(value));
    let number = |tag: Tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let object = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
        text(tags::SOP_INSTANCE_UID, VR::UI, &identifier),
        text(tags::MODALITY, VR::CS, "DX"),
        text(tags::PATIENT_ID, VR::LO, &header.patient),
        text(tags::PATIENT_NAME, VR::PN, "Phantom"),
        text(tags::PATIENT_SEX, VR::CS, header.sex),
        text(tags::PATIENT_AGE, VR::AS, &format!("{:03}Y", header.age)),
        text(tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
        text(tags::VIEW_POSITION, VR::CS, header.view),
        number(tags::SAMPLES_PER_PIXEL, 1),
        text(
            tags::PHOTOMETRIC_INTERPRETATION,
            VR::CS,
            if header.inverted { "MONOCHROME1" } else { "MONOCHROME2" },
        ),
        number(tags::ROWS, u16::try_from(picture.height()).ok()?),
        number(tags::COLUMNS, u16::try_from(picture.width()).ok()?),
        number(tags::BITS_ALLOCATED, 16),
        number(tags::BITS_STORED, 12),
        number(tags::HIGH_BIT, 11),
        number(tags::PIXEL_REPRESENTATION, 0),
        text(tags::WINDOW_CENTER, VR::DS, "2048"),
        text(tags::WINDOW_WIDTH, VR::DS, "4096"),
        DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(levels.into())),
    ]);
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION)
        .media_storage_sop_instance_uid(&*identifier);
    let mut bytes = Vec::new();
    object.with_meta(meta).ok()?.write_all(&mut bytes).ok()?;
    Some(bytes)
}
