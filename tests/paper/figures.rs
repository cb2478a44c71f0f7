//! Compares what figures 5 to 9 of a run show with its tables, predictions and panels.

use std::{collections::BTreeMap, fs};

use super::{CLASSES, NAMES, Runs, predictions, table};

/// Figure 5: every point is in a fold's `history.csv`, and every epoch there is a point.
pub(super) fn figure_5_shows_the_histories_of_the_folds(runs: &Runs) {
    for preset in ["paper", "released-code"] {
        let run = runs.of(preset);
        let drawn = table(&run.join("figures/paper/figure-5.csv"));
        let mut compared = 0;
        for (network, name) in NAMES {
            let folds = if preset == "paper" { 2 } else { 5 };
            for part in ["training", "validation"] {
                for quantity in ["accuracy", "loss"] {
                    let of = |training: &str| -> Vec<(f64, f64)> {
                        let own = drawn.iter().filter(|row| {
                            (&*row["network"], &*row["quantity"], &*row["part"], &*row["training"])
                                == (name, quantity, part, training)
                        });
                        own.map(|row| (row["epoch"].parse().unwrap(), row["value"].parse().unwrap()))
                            .collect()
                    };
                    let mut sums: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
                    for fold in 1..=folds {
                        let history = table(&run.join(network).join(format!("fold-{fold}/history.csv")));
                        let written: Vec<(f64, f64)> = history
                            .iter()
                            .map(|row| {
                                (
                                    row["epoch"].parse().unwrap(),
                                    row[&format!("{part}_{quantity}")].parse().unwrap(),
                                )
                            })
                            .collect();
                        assert_eq!(of(&format!("fold {fold}")), written, "{network} {part} {quantity}");
                        written
                            .iter()
                            .for_each(|(epoch, value)| sums.entry(*epoch as u64).or_default().push(*value));
                        compared += written.len();
                    }
                    for (epoch, value) in of("mean") {
                        let values = &sums[&(epoch as u64)];
                        let mean = values.iter().sum::<f64>() / values.len() as f64;
                        assert!((mean - value).abs() < 1e-12, "{network} {part} {quantity}");
                    }
                }
            }
        }
        assert!(compared >= 4 * 4 * 4, "{compared}");
    }
}

/// Figure 6: counted from the most probable class of each test image.
pub(super) fn figure_6_counts_the_predictions(runs: &Runs) {
    let run = runs.of("paper");
    let drawn = table(&run.join("figures/paper/figure-6.csv"));
    assert_eq!(drawn.len(), 4 * 9);
    for (network, name) in NAMES {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (truth, probabilities) in predictions(&run, network) {
            let (best, _) = probabilities.iter().max_by(|one, other| one.1.total_cmp(other.1)).unwrap();
            *counts.entry((truth, best.clone())).or_default() += 1;
        }
        for row in drawn.iter().filter(|row| row["network"] == name) {
            let counted = counts.get(&(row["true"].clone(), row["predicted"].clone())).copied().unwrap_or(0);
            assert_eq!(row["images"], counted.to_string(), "{network}: {row:?}");
        }
    }
}

/// For scores of positives and negatives: (1 − specificity, sensitivity) at every threshold, and precision at every recall.
type Curves = (Vec<(f64, f64)>, Vec<(f64, f64)>);

fn curves(scored: &[(bool, f64)]) -> Curves {
    let mut thresholds: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
    thresholds.sort_by(|one, other| other.total_cmp(one));
    thresholds.dedup();
    let positives = scored.iter().filter(|(positive, _)| *positive).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (mut roc, mut precision) = (vec![(0.0, 0.0)], Vec::new());
    for threshold in thresholds {
        let above = scored.iter().filter(|(_, score)| *score >= threshold);
        let (mut hits, mut alarms) = (0.0, 0.0);
        above.for_each(|(positive, _)| if *positive { hits += 1.0 } else { alarms += 1.0 });
        roc.push((alarms / negatives, hits / positives));
        precision.push((hits / positives, hits / (hits + alarms)));
    }
    (roc, precision)
}

/// Distance of a point from a line of strokes.
fn distance(point: (f64, f64), line: &[(f64, f64)]) -> f64 {
    let of = |stroke: &[(f64, f64)]| {
        let ((x, y), (to_x, to_y)) = (stroke[0], stroke[1]);
        let (dx, dy) = (to_x - x, to_y - y);
        let square = dx * dx + dy * dy;
        let along = if square == 0.0 { 0.0 } else { ((point.0 - x) * dx + (point.1 - y) * dy) / square };
        let along = along.clamp(0.0, 1.0);
        (point.0 - x - along * dx).hypot(point.1 - y - along * dy)
    };
    line.windows(2).map(of).fold(f64::INFINITY, f64::min)
}

/// Points of one network in one panel of figure 7 or 8.
fn drawn(rows: &[BTreeMap<String, String>], panel: &str, network: &str, axes: [&str; 2]) -> Vec<(f64, f64)> {
    let own = rows.iter().filter(|row| row["panel"] == panel && row["network"] == network);
    own.map(|row| (row[axes[0]].parse().unwrap(), row[axes[1]].parse().unwrap())).collect()
}

/// Figures 7 and 8: what is drawn for each class, and for all decisions pooled, lies on the curve that is computed here from
/// `predictions.csv` threshold by threshold; and the whole curve lies on what is drawn. The area below the mean of the classes is
/// the mean of their areas.
pub(super) fn figures_7_and_8_show_the_curves_of_the_predictions(runs: &Runs) {
    let run = runs.of("paper");
    let (roc_axes, precision_axes) =
        (["1 − specificity", "sensitivity (recall)"], ["recall (sensitivity)", "precision (PPV)"]);
    let seventh = table(&run.join("figures/paper/figure-7.csv"));
    let eighth = table(&run.join("figures/paper/figure-8.csv"));
    let trapezoids = |line: &[(f64, f64)]| -> f64 {
        line.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum()
    };
    let mut compared = 0;
    for (network, name) in NAMES {
        let predictions = predictions(&run, network);
        let of_class = |class: &str| -> Vec<(bool, f64)> {
            predictions.iter().map(|(truth, probabilities)| (truth == class, probabilities[class])).collect()
        };
        let pooled: Vec<(bool, f64)> = CLASSES.iter().flat_map(|class| of_class(class)).collect();
        let mut panels: Vec<(String, Vec<(bool, f64)>)> =
            CLASSES.iter().map(|class| (format!("{class} against the others"), of_class(class))).collect();
        panels.push(("micro average".to_owned(), pooled));
        let (mut areas, mut precisions) = (Vec::new(), Vec::new());
        for (panel, scored) in &panels {
            let (roc, precision) = curves(scored);
            let found = drawn(&seventh, panel, name, roc_axes);
            assert!(found.len() >= 2, "{panel} of {name}");
            assert!(found.iter().all(|point| distance(*point, &roc) < 1e-9), "{panel} of {name}: {found:?}");
            assert!(roc.iter().all(|point| distance(*point, &found) < 2e-3), "{panel} of {name}");
            // Steps: up to a recall, the precision there. Where recall stands still, nothing is gained.
            let mut gained: Vec<(f64, f64)> = Vec::new();
            for &(recall, precision) in &precision {
                if recall > gained.last().map_or(0.0, |last| last.0) {
                    gained.push((recall, precision));
                }
            }
            let found = drawn(&eighth, panel, name, precision_axes);
            assert!(gained.iter().all(|point| distance(*point, &found) < 2e-3), "{panel} of {name}");
            let on_a_level =
                |&(_, level): &(f64, f64)| precision.iter().any(|(_, of)| (of - level).abs() < 1e-9);
            assert!(found.iter().all(on_a_level), "{panel} of {name}");
            areas.push(trapezoids(&roc));
            let mut before = 0.0;
            precisions.push(gained.iter().fold(0.0, |sum, &(recall, precision)| {
                let gain = recall - std::mem::replace(&mut before, recall);
                sum + gain * precision
            }));
            compared += 2;
        }
        for (rows, axes, areas) in [(&seventh, roc_axes, &areas), (&eighth, precision_axes, &precisions)] {
            let mean = areas[..3].iter().sum::<f64>() / 3.0;
            let found = trapezoids(&drawn(rows, "macro average", name, axes));
            assert!((found - mean).abs() < 2e-3, "macro average of {name}: {found} instead of {mean}");
        }
    }
    assert_eq!(compared, 4 * 4 * 2);
}

/// The strokes of the SVG are the values of the CSV, up to the scale and the place of the plot.
pub(super) fn drawings_have_the_values_of_their_tables(runs: &Runs) {
    let folder = runs.of("paper").join("figures/paper");
    let svg = fs::read_to_string(folder.join("figure-7.svg")).unwrap();
    let strokes: Vec<Vec<(f64, f64)>> = svg
        .split("<polyline ")
        .skip(1)
        .map(|element| {
            let points = element.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
            let point = |pair: &str| {
                let (x, y) = pair.split_once(',').unwrap();
                (x.parse().unwrap(), y.parse().unwrap())
            };
            points.split_whitespace().map(point).collect()
        })
        .collect();
    let rows = table(&folder.join("figure-7.csv"));
    let axes = ["1 − specificity", "sensitivity (recall)"];
    // The first series is a solid line, and so one stroke.
    let mut found = 0;
    for panel in ["macro average", "micro average", "COVID-19 against the others"] {
        let values = drawn(&rows, panel, "VGG19", axes);
        let ((x0, y0), (x1, y1)) = (values[0], *values.last().unwrap());
        let matches = |stroke: &&Vec<(f64, f64)>| {
            if stroke.len() != values.len() {
                return false;
            }
            let ((left, bottom), (right, top)) = (stroke[0], *stroke.last().unwrap());
            values.iter().zip(*stroke).all(|((x, y), (across, up))| {
                let expected = left + (x - x0) / (x1 - x0) * (right - left);
                let height = bottom + (y - y0) / (y1 - y0) * (top - bottom);
                (expected - across).abs() <= 1.5 && (height - up).abs() <= 1.5
            })
        };
        found += usize::from(strokes.iter().any(|stroke| matches(&stroke)));
    }
    assert_eq!(found, 3);
}

/// Figure 9: the pixels of each row are those of the panel of the image that the table names.
pub(super) fn figure_9_is_made_of_the_panels_of_the_run(runs: &Runs) {
    for preset in ["paper", "released-code", "trustworthy"] {
        let run = runs.of(preset);
        let sheet = image::open(run.join("figures/paper/figure-9.png")).unwrap().to_rgb8();
        let rows = table(&run.join("figures/paper/figure-9.csv"));
        let classes: Vec<&str> = rows.iter().map(|row| row["class"].as_str()).collect();
        assert_eq!(classes, CLASSES, "{preset}");
        let best: serde_json::Value =
            serde_json::from_slice(&fs::read(run.join("best.json")).unwrap()).unwrap();
        let model = best["model"].as_str().unwrap();
        let explained: serde_json::Value =
            serde_json::from_slice(&fs::read(run.join(model).join("explanations.json")).unwrap()).unwrap();
        let mut found = 0;
        for row in &rows {
            assert_eq!(row["network"], model);
            let of = explained.as_array().unwrap().iter().find(|of| of["id"] == row["image"]).unwrap();
            assert_eq!(
                (of["truth"].as_str(), of["predicted"].as_str()),
                (Some(&*row["class"]), Some(&*row["predicted"]))
            );
            let panel = image::open(run.join(model).join(of["panel"].as_str().unwrap())).unwrap().to_rgb8();
            for tile in of["tiles"].as_array().unwrap() {
                let [left, top, width, height] = [0, 1, 2, 3].map(|at| tile[at].as_u64().unwrap() as u32);
                let tile = image::imageops::crop_imm(&panel, left, top, width, height).to_image();
                let is_here = |x: u32, y: u32| {
                    // Corners first: few places pass them.
                    tile.get_pixel(0, 0) == sheet.get_pixel(x, y)
                        && tile
                            .enumerate_pixels()
                            .all(|(dx, dy, pixel)| pixel == sheet.get_pixel(x + dx, y + dy))
                };
                let (right, bottom) = (sheet.width() - width, sheet.height() - height);
                found += usize::from((0..=bottom).any(|y| (0..=right).any(|x| is_here(x, y))));
            }
        }
        assert_eq!(found, 9, "{preset}");
    }
}
