//! Searches the windows of each picture (the host) for the cores of all others, and confirms the hits.
//!
//! A core is the central square of a picture. Cores and windows are compared by their relief, which negatives and enhanced
//! contrast leave unchanged.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::{
    Evidence, Search, Turn,
    align::{Agreement, Patch, climb},
    areas::{Areas, Pose},
    comparable::{Comparable, Found},
    forest::Forest,
    index::{Hit, Index},
    relief::{CORE, Core, Describer, Description},
    windows::{everywhere, middle},
};

/// Number of pictures whose windows are looked up in one batch.
const BATCH: usize = 512;
/// Maximum number of candidates that are confirmed for one host, best first.
const MOST: usize = 16;
/// Maximum number of pictures of one connected component that are indexed and searched.
const MOST_CONNECTED: usize = 32;
/// Number of signs, those of the values nearest to 0, that a look-up also tries flipped.
const DOUBTFUL: usize = 5;
/// The same for windows in the middle. These are few, and most copies keep the framing and change only the contrast.
const DOUBTFUL_IN_MIDDLE: usize = 10;
/// Maximum tilt, in degrees, of a window that is also compared as an upright crop.
const UPRIGHT: f64 = 2.5;

/// A picture that may lie in a window of the host.
struct Candidate {
    hit: Hit,
    pose: Pose,
}

/// Pairs of which the core of one lies somewhere in the other. Pairs that are connected already are not tried.
pub(crate) fn by_look_up(pictures: &[Comparable<'_>], settings: &Search, forest: &mut Forest) -> Vec<Found> {
    let describer = Describer::default();
    let mut descriptions: Vec<Option<Description>> = pictures
        .par_iter()
        .map(|picture| {
            let areas = picture.areas(None);
            describer.describe(&areas, &areas.centre(CORE))
        })
        .collect();
    // Keep one picture for each distinct description of a connected component, and at most `MOST_CONNECTED` in all. Otherwise
    // ten thousand copies of a placeholder would each be looked up.
    let mut seen: HashMap<u32, HashSet<u64>> = HashMap::new();
    for (description, root) in descriptions.iter_mut().zip(forest.roots()) {
        let Some(own) = description else { continue };
        let alike = seen.entry(root).or_default();
        if alike.len() == MOST_CONNECTED || !alike.insert(own.signs()) {
            *description = None;
        }
    }
    let turned = settings.turned && settings.altered;
    let index = Index::new(descriptions, turned, settings.altered);
    let mut found = Vec::new();
    for start in (0..pictures.len()).step_by(BATCH) {
        let hosts = start..(start + BATCH).min(pictures.len());
        let roots = forest.roots();
        let candidates: Vec<(usize, Vec<Candidate>)> = hosts
            .into_par_iter()
            .filter(|&host| index.holds(host))
            .map(|host| (host, candidates(&pictures[host], host, &index, &describer, settings, &roots)))
            .collect();
        // One candidate of every host, then another: what connects in one round is not tried in the next.
        for round in 0..MOST {
            let trials: Vec<(usize, &Candidate)> = candidates
                .iter()
                .filter_map(|(host, candidates)| Some((*host, candidates.get(round)?)))
                .filter(|(host, candidate)| !forest.are_connected(*host, candidate.hit.picture as usize))
                .collect();
            let confirmed: Vec<Option<Found>> = trials
                .par_iter()
                .map(|(host, candidate)| {
                    let template = candidate.hit.picture as usize;
                    let evidence = confirm(&pictures[template], &pictures[*host], candidate, settings)?;
                    Some((template, *host, evidence))
                })
                .collect();
            found.extend(confirmed.into_iter().flatten().filter(|pair| forest.connect(pair.0, pair.1)));
        }
    }
    found
}

/// The pictures that are like a window of the host, the likeliest first, each with its likeliest window.
fn candidates(
    picture: &Comparable<'_>,
    host: usize,
    index: &Index,
    describer: &Describer,
    settings: &Search,
    roots: &[u32],
) -> Vec<Candidate> {
    let areas = picture.areas(None);
    let tilt = if settings.altered { settings.tilt } else { 0.0 };
    let about_middle = middle(&areas, tilt).into_iter().map(|pose| (pose, DOUBTFUL_IN_MIDDLE));
    let elsewhere =
        if settings.crops { everywhere(&areas, settings.smallest_crop, tilt) } else { Vec::new() };
    let mut likeliest = Likeliest::new(settings.promising as f32);
    let mut hits = Vec::new();
    let is_wanted = |other: u32| roots[other as usize] != roots[host];
    for (pose, doubtful) in about_middle.chain(elsewhere.into_iter().map(|pose| (pose, DOUBTFUL))) {
        let Some(square) = describer.describe(&areas, &pose) else { continue };
        index.look_up(&square, host as u32, doubtful, likeliest.least, is_wanted, &mut hits);
        hits.drain(..).for_each(|hit| likeliest.offer(Candidate { hit, pose }));
    }
    likeliest.candidates
}

/// The best candidates, at most one for each picture. Once there are [`MOST`], `least` is the lowest likeness among them.
struct Likeliest {
    /// In the order of likeness, at most [`MOST`].
    candidates: Vec<Candidate>,
    /// Likeness that a candidate needs.
    least: f32,
}

impl Likeliest {
    fn new(least: f32) -> Self {
        Self { candidates: Vec::with_capacity(MOST + 1), least }
    }

    fn offer(&mut self, offered: Candidate) {
        let likeness = |candidate: &Candidate| candidate.hit.likeness;
        let same = self.candidates.iter().position(|known| known.hit.picture == offered.hit.picture);
        if let Some(at) = same {
            if likeness(&self.candidates[at]) >= likeness(&offered) {
                return;
            }
            self.candidates.remove(at);
        }
        let at = self.candidates.partition_point(|known| {
            let order = likeness(&offered).total_cmp(&likeness(known));
            order.then(known.hit.picture.cmp(&offered.hit.picture)).is_lt()
        });
        self.candidates.insert(at, offered);
        if self.candidates.len() > MOST {
            self.candidates.truncate(MOST);
        }
        if let [.., last] = &self.candidates[..]
            && self.candidates.len() == MOST
        {
            self.least = self.least.max(likeness(last));
        }
    }
}

/// The evidence that the template lies in the host, from the template's point of view.
fn confirm(
    template: &Comparable<'_>,
    host: &Comparable<'_>,
    candidate: &Candidate,
    settings: &Search,
) -> Option<Evidence> {
    let Hit { turn, negative, .. } = candidate.hit;
    let (own, areas) = (template.areas(turn), host.areas(None));
    let (pose, relief) = Core::new(&own)?.settle(&areas, candidate.pose, negative, settings)?;
    if turn.is_none() && !negative && pose.degrees.abs() <= UPRIGHT {
        let crop = as_crop(template, host, &own, &areas, &pose, settings);
        if crop.is_some() {
            return crop;
        }
    }
    (settings.altered && relief >= settings.relief).then(|| Evidence::Relief {
        relief,
        negative,
        // Turning the host back makes it look like the template.
        turn: turn.map(Turn::inverse),
        degrees: if turn.is_some_and(Turn::mirrors) { pose.degrees } else { -pose.degrees },
        // The middle of a turned picture is the middle of the picture.
        first: {
            let upright = template.areas(None);
            template.window(&upright, &upright.centre_square())
        },
        second: host.window(&areas, &pose.grown(1.0 / CORE).frame()),
    })
}

/// Whether the template's centre square agrees with a window of the host in its gray values.
fn as_crop(
    template: &Comparable<'_>,
    host: &Comparable<'_>,
    own: &Areas,
    areas: &Areas,
    pose: &Pose,
    settings: &Search,
) -> Option<Evidence> {
    let square = own.centre_square();
    let patch = Patch::new(own, &square)?;
    let start = areas.pushed_inside(pose.grown(1.0 / CORE).frame());
    let frame = climb(&patch, areas, start, settings.crop_correlation)?;
    let Agreement { correlation, detail } = Patch::new(areas, &frame)?.agreement(&patch);
    (correlation >= settings.crop_correlation && detail >= settings.detail).then(|| Evidence::Crop {
        correlation,
        detail,
        first: template.window(own, &square),
        second: host.window(areas, &frame),
    })
}
