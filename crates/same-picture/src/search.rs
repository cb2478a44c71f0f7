//! Searches fingerprints for pairs of the same picture: equal files, near hashes confirmed, crops.

use std::collections::{BTreeMap, HashMap};

use radiograph_files::ContentHash;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    Evidence, Fingerprint, PerceptualHash, SamePicture, SamePictureError, Turn, Window,
    align::{Agreement, Patch, climb},
    candidates::{pairs_between, pairs_within},
    crop::{Describer, Templates},
    thumbnail::{Areas, Frame},
};

/// Settings of the search: what counts as the same picture, and how much effort the search makes.
///
/// Hashes only propose pairs; a pair counts when its images agree, both in their gray values and in the detail that is
/// left when the neighbourhood's mean is taken off. Looser hash distances cost time, not false pairs.
///
/// The defaults come from 2,169 radiographs of six public collections. Of 37 pictures known to be in two of them (one
/// copy cropped, scaled and compressed) every one has a correlation above 0.98 and a detail above 0.97; of the 86,350
/// pairs of one of these collections with films of other people none has a correlation of 0.90 and a detail of 0.85.
/// Films of one patient on two days reach 0.98 and 0.93.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Maximum number of bits, 0 to 12, in which hashes of the whole images or of their centre squares differ.
    pub hash_distance: u32,
    /// Minimum correlation of gray values, 0 to 1, of images with near hashes.
    pub correlation: f64,
    /// Whether images are also compared with turned and mirrored ones.
    pub turned: bool,
    /// Whether windows of images are searched for other images. The time grows with the square of the number of images:
    /// a minute for 2,000, half an hour for 10,000.
    pub crops: bool,
    /// Side of the smallest window searched, as a share of the shorter side, above 0.1 up to 1.
    pub smallest_crop: f64,
    /// Likeness, 0 to 1, from which on a window is tried out. A lower value finds more and takes longer.
    pub promising: f64,
    /// Minimum correlation of gray values, 0 to 1, of a crop.
    pub crop_correlation: f64,
    /// Minimum correlation of the detail, 0 to 1, of every pair without equal pixels.
    pub detail: f64,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            hash_distance: 6,
            correlation: 0.95,
            turned: true,
            crops: true,
            smallest_crop: 0.45,
            promising: 0.82,
            crop_correlation: 0.90,
            detail: 0.95,
        }
    }
}

impl Search {
    /// Largest hash distance. Beyond it, radiographs of any two people are near.
    pub const MOST_DISTANCE: u32 = 12;

    /// The settings of this search that find less than those of another, by name. A search that is no weaker has none.
    pub fn weaker_than(&self, other: &Self) -> Vec<&'static str> {
        let weaker = [
            ("hash_distance", self.hash_distance < other.hash_distance),
            ("correlation", self.correlation > other.correlation),
            ("turned", other.turned && !self.turned),
            ("crops", other.crops && !self.crops),
            ("smallest_crop", self.smallest_crop > other.smallest_crop),
            ("promising", self.promising > other.promising),
            ("crop_correlation", self.crop_correlation > other.crop_correlation),
            ("detail", self.detail > other.detail),
        ];
        weaker.into_iter().filter_map(|(name, weaker)| weaker.then_some(name)).collect()
    }

    /// The search that finds what either of two searches finds: for each setting, the value that finds more.
    #[must_use]
    pub fn or_stronger(self, other: &Self) -> Self {
        Self {
            hash_distance: self.hash_distance.max(other.hash_distance),
            correlation: self.correlation.min(other.correlation),
            turned: self.turned || other.turned,
            crops: self.crops || other.crops,
            smallest_crop: self.smallest_crop.min(other.smallest_crop),
            promising: self.promising.min(other.promising),
            crop_correlation: self.crop_correlation.min(other.crop_correlation),
            detail: self.detail.min(other.detail),
        }
    }

    fn check(&self) -> Result<(), SamePictureError> {
        let refuse = |field, remedy| Err(SamePictureError::Setting { field, remedy });
        if self.hash_distance > Self::MOST_DISTANCE {
            return refuse("hash_distance", "give 0 to 12 bits");
        }
        if !(self.smallest_crop > 0.1 && self.smallest_crop <= 1.0) {
            return refuse("smallest_crop", "give a share above 0.1 up to 1");
        }
        let limits = [
            ("correlation", self.correlation),
            ("promising", self.promising),
            ("crop_correlation", self.crop_correlation),
            ("detail", self.detail),
        ];
        match limits.iter().find(|(_, limit)| !(0.0..=1.0).contains(limit)) {
            Some((field, _)) => refuse(field, "give a correlation of 0 to 1"),
            None => Ok(()),
        }
    }

    fn confirms(&self, agreement: &Agreement) -> bool {
        agreement.correlation >= self.correlation && agreement.detail >= self.detail
    }
}

/// The pairs of images that show the same picture, sorted by their positions; see [`SamePicture`] on what stands for
/// more than two. The same list for any number of threads, and the same groups for any order of the images.
///
/// # Errors
///
/// [`SamePictureError::Setting`] if a setting is out of its range.
pub fn find(images: &[Fingerprint], settings: &Search) -> Result<Vec<SamePicture>, SamePictureError> {
    settings.check()?;
    let (mut pairs, distinct) = equal(images);
    let pictures: Vec<Comparable<'_>> = distinct
        .par_iter()
        .filter(|&&position| !images[position].is_blank())
        .map(|&position| Comparable::new(position, &images[position]))
        .collect();
    let mut near = by_hash(&pictures, settings);
    if settings.crops {
        for (pair, evidence) in by_crop(&pictures, settings) {
            near.entry(pair).or_insert(evidence);
        }
    }
    pairs.extend(near.into_iter().map(|((first, second), evidence)| SamePicture {
        first: pictures[first].position,
        second: pictures[second].position,
        evidence,
    }));
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    Ok(pairs)
}

/// Pairs of equal bytes or pixels, each with the first of its kind, and the positions of all first ones.
fn equal(images: &[Fingerprint]) -> (Vec<SamePicture>, Vec<usize>) {
    let (mut pairs, mut distinct) = (Vec::new(), Vec::new());
    let mut with_bytes: HashMap<ContentHash, usize> = HashMap::new();
    let mut with_pixels: HashMap<ContentHash, usize> = HashMap::new();
    for (second, image) in images.iter().enumerate() {
        let mut same = |first: usize, evidence| pairs.push(SamePicture { first, second, evidence });
        if let Some(&first) = with_bytes.get(&image.content()) {
            same(first, Evidence::SameBytes);
            continue;
        }
        with_bytes.insert(image.content(), second);
        if let Some(&first) = with_pixels.get(&image.pixels()) {
            same(first, Evidence::SamePixels);
            continue;
        }
        with_pixels.insert(image.pixels(), second);
        distinct.push(second);
    }
    (pairs, distinct)
}

/// A picture that is compared, by its position in the list.
struct Comparable<'a> {
    position: usize,
    fingerprint: &'a Fingerprint,
}

impl<'a> Comparable<'a> {
    fn new(position: usize, fingerprint: &'a Fingerprint) -> Self {
        Self { position, fingerprint }
    }

    fn areas(&self, turn: Option<Turn>) -> Areas {
        let thumbnail = self.fingerprint.thumbnail();
        turn.map_or_else(|| thumbnail.areas(), |turn| thumbnail.turned(turn).areas())
    }
}

/// What of an image a hash is of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum View {
    Whole,
    Centre,
}

impl View {
    const ALL: [Self; 2] = [Self::Whole, Self::Centre];

    fn hash(self, fingerprint: &Fingerprint, turn: Option<Turn>) -> PerceptualHash {
        match self {
            Self::Whole => fingerprint.whole(turn),
            Self::Centre => fingerprint.centre(turn),
        }
    }

    fn frame(self, areas: &Areas) -> Frame {
        match self {
            Self::Whole => areas.whole(),
            Self::Centre => areas.centre_square(),
        }
    }
}

type Pairs = BTreeMap<(usize, usize), Evidence>;

/// Pairs with near hashes that agree; of several ways to agree the first counts: as they stand before turned.
fn by_hash(pictures: &[Comparable<'_>], settings: &Search) -> Pairs {
    let mut found = Pairs::new();
    let turns = std::iter::once(None).chain(Turn::ALL.into_iter().filter(|_| settings.turned).map(Some));
    for turn in turns {
        for view in View::ALL {
            let pairs = near(pictures, view, turn, settings.hash_distance);
            let confirmed: Vec<_> = pairs
                .into_par_iter()
                .filter(|pair| !found.contains_key(&(pair.0, pair.1)))
                .filter_map(|(first, second, turn)| {
                    let agreement =
                        laid_over(&pictures[first], &pictures[second], view, turn, settings.correlation);
                    let agreement = agreement.filter(|agreement| settings.confirms(agreement))?;
                    let Agreement { correlation, detail } = agreement;
                    let evidence = match (turn, view) {
                        (Some(turn), _) => Evidence::Turned { turn, correlation, detail },
                        (None, View::Whole) => Evidence::WholeImage { correlation, detail },
                        (None, View::Centre) => Evidence::CentreSquare { correlation, detail },
                    };
                    Some(((first, second), evidence))
                })
                .collect();
            for (pair, evidence) in confirmed {
                found.entry(pair).or_insert(evidence);
            }
        }
    }
    found
}

/// Candidates, each with the turn that its second picture needs.
fn near(
    pictures: &[Comparable<'_>],
    view: View,
    turn: Option<Turn>,
    distance: u32,
) -> Vec<(usize, usize, Option<Turn>)> {
    let hashes = |turn| -> Vec<PerceptualHash> {
        pictures.iter().map(|picture| view.hash(picture.fingerprint, turn)).collect()
    };
    let Some(turn) = turn else {
        let pairs = pairs_within(&hashes(None), distance);
        return pairs.into_iter().map(|(first, second)| (first as usize, second as usize, None)).collect();
    };
    let pairs = pairs_between(&hashes(None), &hashes(Some(turn)), distance);
    let ordered = pairs.into_iter().filter(|(upright, turned)| upright != turned).map(|(upright, turned)| {
        let (upright, turned) = (upright as usize, turned as usize);
        if upright < turned { (upright, turned, Some(turn)) } else { (turned, upright, Some(turn.inverse())) }
    });
    ordered.collect()
}

/// How well two pictures agree where they fit best, tried both ways round.
fn laid_over(
    first: &Comparable<'_>,
    second: &Comparable<'_>,
    view: View,
    turn: Option<Turn>,
    wanted: f64,
) -> Option<Agreement> {
    let (first, second) = (first.areas(None), second.areas(turn));
    let one_way = |template: &Areas, host: &Areas| {
        let patch = Patch::new(template, &view.frame(template))?;
        let frame = climb(&patch, host, view.frame(host), wanted)?;
        Some(Patch::new(host, &frame)?.agreement(&patch))
    };
    let ways = [one_way(&first, &second), one_way(&second, &first)];
    ways.into_iter().flatten().max_by(|one, other| one.detail.total_cmp(&other.detail))
}

/// Pairs of which one's centre square lies somewhere in the other.
fn by_crop(pictures: &[Comparable<'_>], settings: &Search) -> Pairs {
    let describer = Describer::default();
    let prepared: Vec<_> = pictures
        .par_iter()
        .map(|picture| {
            let areas = picture.areas(None);
            let frame = areas.centre_square();
            (describer.describe(&areas, &frame), Patch::new(&areas, &frame))
        })
        .collect();
    let (descriptions, patches): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();
    let templates = Templates::new(&descriptions);
    let confirmed: Vec<_> = pictures
        .par_iter()
        .enumerate()
        .flat_map_iter(|(host, picture)| {
            let areas = picture.areas(None);
            let best = templates.best(&describer.windows(&areas, settings.smallest_crop));
            let promising = best.into_iter().enumerate().filter(|(template, (likeness, _))| {
                *template != host && f64::from(*likeness) >= settings.promising
            });
            let confirmed = promising.filter_map(|(template, (_, frame))| {
                let patch = patches[template].as_ref()?;
                let frame = climb(patch, &areas, frame, settings.crop_correlation)?;
                let agreement = Patch::new(&areas, &frame)?.agreement(patch);
                let agrees =
                    agreement.correlation >= settings.crop_correlation && agreement.detail >= settings.detail;
                agrees.then(|| (template, host, window(&areas, &frame), agreement))
            });
            confirmed.collect::<Vec<_>>()
        })
        .collect();
    let mut found: BTreeMap<(usize, usize), Evidence> = Pairs::new();
    for (template, host, within, Agreement { correlation, detail }) in confirmed {
        let areas = pictures[template].areas(None);
        let square = window(&areas, &areas.centre_square());
        let (first, second) = if template < host { (square, within) } else { (within, square) };
        let evidence = Evidence::Crop { correlation, detail, first, second };
        let pair = (template.min(host), template.max(host));
        let kept = found.entry(pair).or_insert(evidence);
        if kept.correlation() < correlation {
            *kept = evidence;
        }
    }
    found
}

fn window(areas: &Areas, frame: &Frame) -> Window {
    Window {
        left: frame.left / areas.width(),
        top: frame.top / areas.height(),
        width: frame.width / areas.width(),
        height: frame.height / areas.height(),
    }
}
