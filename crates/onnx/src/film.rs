//! The part of a file that turns a film into the input of the network: resizing, then normalisation.

use radiograph_input::{Filter, Normalisation};

use crate::{
    OnnxError,
    proto::{FLOAT, Side},
    writer::{Attribute, Writer},
};

/// Name of the input.
const FILM: &str = "film";

/// Adds an input of gray films of any size, and the nodes that resize and normalise them. Returns the name of the
/// network's input.
///
/// Gray fills all channels, because ONNX repeats the one channel where mean and deviation have several.
pub(crate) fn film(
    writer: &mut Writer,
    filter: Filter,
    normalisation: Normalisation,
    size: [i64; 2],
    channels: i64,
) -> Result<String, OnnxError> {
    let named = |name: &str| Side::Named(name.to_owned());
    let shape = [named("N"), Side::Known(1), named("rows"), named("columns")];
    writer.input(FILM, &shape, "gray films of one size, values from 0 to 255");
    let resized = resize(writer, FILM, "/film", filter, size)?;

    let (mut mean, mut deviation) = normalisation.mean_and_deviation();
    if normalisation.reverses_channels() {
        mean.reverse();
        deviation.reverse();
    }
    let mut of_channels = |part: &str, values: [f64; 3]| {
        let values: Vec<f32> =
            values.iter().map(|value| *value as f32).take(channels.max(0) as usize).collect();
        writer.numbers(format!("/film/{part}"), &[channels, 1, 1], &values)
    };
    let (mean, deviation) = (of_channels("mean", mean)?, of_channels("deviation", deviation)?);
    let centred = writer.node("Sub", &[&resized, &mean], "/film/centred", &[]);
    Ok(writer.node("Div", &[&centred, &deviation], "/film/normalised", &[]))
}

/// Adds nodes that resize `[N, C, H, W]` of any size as Pillow does, with filters that widen when they shrink.
pub(crate) fn resize(
    writer: &mut Writer,
    map: &str,
    path: &str,
    filter: Filter,
    size: [i64; 2],
) -> Result<String, OnnxError> {
    let mut attributes = vec![
        ("axes", Attribute::Integers(vec![2, 3])),
        ("coordinate_transformation_mode", Attribute::Text("half_pixel")),
    ];
    match filter {
        Filter::Nearest => {
            attributes.push(("mode", Attribute::Text("nearest")));
            attributes.push(("nearest_mode", Attribute::Text("round_prefer_ceil")));
        }
        Filter::Bicubic => {
            attributes.push(("mode", Attribute::Text("cubic")));
            attributes.push(("antialias", Attribute::Integer(1)));
            attributes.push(("cubic_coeff_a", Attribute::Number(-0.5)));
            attributes.push(("exclude_outside", Attribute::Integer(1)));
        }
        Filter::Bilinear => return bilinear(writer, map, path, size),
        Filter::Lanczos => return Err(OnnxError::Filter(filter)),
    }
    let sizes = writer.integers(format!("{path}/size"), &size);
    Ok(writer.node("Resize", &[map, "", "", &sizes], format!("{path}/resized"), &attributes))
}

/// Bilinear: products with the shares of each row, then of each column. ONNX's own operator repeats the border where the
/// filter reaches beyond it, and Pillow leaves out what lies there.
fn bilinear(writer: &mut Writer, map: &str, path: &str, size: [i64; 2]) -> Result<String, OnnxError> {
    let rows = shares(writer, map, &format!("{path}/rows"), 2, size[0])?;
    let columns = shares(writer, map, &format!("{path}/columns"), 3, size[1])?;
    let perm = [("perm", Attribute::Integers(vec![1, 0]))];
    let columns = writer.node("Transpose", &[&columns], format!("{path}/turned"), &perm);
    let fewer_rows = writer.node("MatMul", &[&rows, map], format!("{path}/fewer rows"), &[]);
    Ok(writer.node("MatMul", &[&fewer_rows, &columns], format!("{path}/resized"), &[]))
}

/// Adds nodes that compute the share `[size, length]` of each cell of a side in each cell of the resized side: a triangle
/// around the centre, as wide as `length / size` cells on either side, and at least one.
fn shares(writer: &mut Writer, map: &str, path: &str, axis: i64, size: i64) -> Result<String, OnnxError> {
    let part = |part: &str| format!("{path}/{part}");
    let of_side = [("start", Attribute::Integer(axis)), ("end", Attribute::Integer(axis + 1))];
    let side = writer.node("Shape", &[map], part("side"), &of_side);
    let length = writer.node("Squeeze", &[&side], part("length"), &[]);
    let (zero, one) = (writer.integer(part("0"), 0), writer.integer(part("1"), 1));
    let to_float = [("to", Attribute::Integer(FLOAT.into()))];
    let places = writer.node("Range", &[&zero, &length, &one], part("whole places"), &[]);
    let places = writer.node("Cast", &[&places], part("places"), &to_float);
    let half = writer.numbers(part("half"), &[], &[0.5])?;
    let places = writer.node("Add", &[&places, &half], part("centres of cells"), &[]);

    let length = writer.node("Cast", &[&length], part("length in numbers"), &to_float);
    let count = writer.numbers(part("size"), &[], &[size as f32])?;
    let scale = writer.node("Div", &[&length, &count], part("scale"), &[]);
    let unit = writer.numbers(part("unit"), &[], &[1.0])?;
    let width = writer.node("Max", &[&scale, &unit], part("width"), &[]);
    let cells: Vec<f32> = (0..size).map(|cell| cell as f32 + 0.5).collect();
    let cells = writer.numbers(part("cells"), &[size, 1], &cells)?;
    let centres = writer.node("Mul", &[&cells, &scale], part("centres"), &[]);

    let distance = writer.node("Sub", &[&centres, &places], part("difference"), &[]);
    let distance = writer.node("Abs", &[&distance], part("distance"), &[]);
    let distance = writer.node("Div", &[&distance, &width], part("distance in widths"), &[]);
    let height = writer.node("Sub", &[&unit, &distance], part("line"), &[]);
    let height = writer.node("Relu", &[&height], part("triangle"), &[]);
    let axes = writer.integers(part("axes"), &[1]);
    let keep = [("keepdims", Attribute::Integer(1))];
    let sum = writer.node("ReduceSum", &[&height, &axes], part("sum"), &keep);
    Ok(writer.node("Div", &[&height, &sum], part("shares"), &[]))
}
