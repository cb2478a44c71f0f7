//! The registry of networks: those of this project, and those that a program registers.
//!
//! [`Architecture::register`] adds a network that is written elsewhere. From then on, its name is valid in
//! configurations, file names and names of weights, like those of this project. [`Architecture::of_file`] names a network that
//! is computed from a file.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::{PoisonError, RwLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Lineage,
    definition::{Family, NetworkDefinition},
    graph::{Builder, Graph, GraphError},
    network,
};

/// A registered network.
#[derive(Clone, Copy)]
pub struct Architecture {
    described: Described,
}

/// Place of a network's forward pass.
#[derive(Clone, Copy)]
enum Described {
    /// Here, as a graph.
    Graph(&'static NetworkDefinition),
    /// In a file; here, only the name is known.
    File(&'static str),
}

/// Networks that programs registered, in this order.
static REGISTERED: RwLock<Vec<&'static NetworkDefinition>> = RwLock::new(Vec::new());
/// Names of networks that are computed from files.
static OF_FILES: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

/// A text that names no network.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is not a known network; known: {}", known())]
#[non_exhaustive]
pub struct UnknownArchitecture {
    /// Text given.
    pub text: String,
}

/// Why a network cannot be registered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationError {
    /// A name with other letters.
    #[error("`{name}` is no name of a network; give 1 to 40 lower-case letters, digits and `_`")]
    Name {
        /// The name.
        name: String,
    },
    /// A name that another network has.
    #[error("{name} is registered already; give the network another name")]
    Taken {
        /// The name.
        name: String,
    },
    /// A network without a family.
    #[error("{name} has no family; give at least one, with its lineage and normalisation")]
    NoFamily {
        /// The name.
        name: String,
    },
    /// Operations that are not a graph.
    #[error("{name}: {source}")]
    Graph {
        /// The name.
        name: String,
        /// First fault.
        source: GraphError,
    },
    /// A feature map without a name.
    #[error("the last map of {name} has no name; give it one with `Builder::layer`")]
    Unnamed {
        /// The name.
        name: String,
    },
}

impl Architecture {
    /// VGG19 without batch normalisation.
    pub const VGG19: Self = Self::of_graph(network::ALL[0]);
    /// DenseNet121.
    pub const DENSENET121: Self = Self::of_graph(network::ALL[1]);
    /// InceptionV3.
    pub const INCEPTION_V3: Self = Self::of_graph(network::ALL[2]);
    /// Inception-ResNetV2.
    pub const INCEPTION_RESNET_V2: Self = Self::of_graph(network::ALL[3]);

    /// The four networks of the paper, in its order.
    pub const PAPER: [Self; 4] =
        [Self::VGG19, Self::DENSENET121, Self::INCEPTION_V3, Self::INCEPTION_RESNET_V2];

    /// All networks with a graph: those of this project, then those that were registered, in this order.
    pub fn all() -> Vec<Self> {
        let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
        network::ALL.iter().chain(registered.iter()).map(|&definition| Self::of_graph(definition)).collect()
    }

    const fn of_graph(definition: &'static NetworkDefinition) -> Self {
        Self { described: Described::Graph(definition) }
    }

    /// Registers a network that is written elsewhere. Do so before anything reads a configuration.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] if the name is taken, or the definition is faulty.
    pub fn register(definition: &'static NetworkDefinition) -> Result<Self, RegistrationError> {
        let name = || definition.name.to_owned();
        check_name(definition.name)?;
        let first =
            definition.families.first().ok_or_else(|| RegistrationError::NoFamily { name: name() })?;
        let architecture = Self::of_graph(definition);
        let graphs = architecture.graphs_of(first.lineage);
        let graphs = graphs.map_err(|source| RegistrationError::Graph { name: name(), source })?;
        if graphs.features.layers().all(|(_, map)| map != graphs.features.output()) {
            return Err(RegistrationError::Unnamed { name: name() });
        }
        let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
        let of_files = OF_FILES.read().unwrap_or_else(PoisonError::into_inner);
        let mut graphs = network::ALL.iter().chain(registered.iter());
        if graphs.any(|other| other.name == definition.name) || of_files.contains(&definition.name) {
            return Err(RegistrationError::Taken { name: name() });
        }
        registered.push(definition);
        Ok(architecture)
    }

    /// The network of this name that is computed from a file, such as an ONNX file. From now on, the name is valid in
    /// configurations. Nothing else is known of the network here: it has no [definition](Self::definition), no
    /// [graphs](Self::graphs_of) and no [facts](crate::Facts::known), and [`all`](Self::all) leaves it out. The same name
    /// gives the same network again.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Name`], or [`RegistrationError::Taken`] if a network with a graph has the name.
    pub fn of_file(name: &str) -> Result<Self, RegistrationError> {
        check_name(name)?;
        // Locked in the same order as in `register`.
        let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_files = OF_FILES.write().unwrap_or_else(PoisonError::into_inner);
        if network::ALL.iter().chain(registered.iter()).any(|other| other.name == name) {
            return Err(RegistrationError::Taken { name: name.to_owned() });
        }
        let known = of_files.iter().copied().find(|known| *known == name);
        // A process reads few configurations, so what is kept for ever is little.
        let name = known.unwrap_or_else(|| {
            let name: &'static str = String::from(name).leak();
            of_files.push(name);
            name
        });
        Ok(Self { described: Described::File(name) })
    }

    /// Whether the network is computed [from a file](Self::of_file).
    pub const fn is_of_file(self) -> bool {
        matches!(self.described, Described::File(_))
    }

    /// Name of the network in text and in files.
    pub const fn name(self) -> &'static str {
        match self.described {
            Described::Graph(definition) => definition.name,
            Described::File(name) => name,
        }
    }

    /// The description of the network; `None` if it is computed from a file.
    pub const fn definition(self) -> Option<&'static NetworkDefinition> {
        match self.described {
            Described::Graph(definition) => Some(definition),
            Described::File(_) => None,
        }
    }

    /// How its network computes with weights of this publisher; `None` if the publisher has no weights of it.
    pub fn family(self, name: &str) -> Option<&'static Family> {
        self.definition()?.families.iter().find(|family| family.name == name)
    }

    /// The lineage of its default weights.
    pub fn lineage(self) -> Lineage {
        // Registered networks have at least one family. A network of a file computes as its file says.
        let family = self.definition().and_then(|definition| definition.families.first());
        family.map_or(Lineage::with_epsilon(1e-5), |family| family.lineage)
    }

    /// The forward pass for weights of this lineage.
    ///
    /// # Errors
    ///
    /// [`GraphError`] if the definition is faulty for this lineage alone, or the network is computed from a file.
    pub fn graphs_of(self, lineage: Lineage) -> Result<Graphs, GraphError> {
        let of_file = || GraphError::OfFile { network: self.name().to_owned() };
        let definition = self.definition().ok_or_else(of_file)?;
        let mut builder = Builder::new(definition.input_channels);
        let output = (definition.features)(&mut builder, &lineage);
        let channels = builder.channels(output);
        let features = builder.finish(output)?;
        let classifier = definition.classifier.map(|write| {
            let mut builder = Builder::new(channels);
            let input = builder.image();
            let output = write(&mut builder, input);
            builder.finish(output)
        });
        let auxiliary = definition.auxiliary.map(|auxiliary| {
            let mut builder = Builder::new(auxiliary.channels);
            let input = builder.image();
            let output = (auxiliary.layers)(&mut builder, input, &lineage);
            builder.finish(output)
        });
        Ok(Graphs { features, classifier: classifier.transpose()?, auxiliary: auxiliary.transpose()? })
    }

    /// Guesses the network from the names of tensors: the one of which most names are known. `None` if it is none of
    /// them, or more than one. Use it for messages; [`StateFile::open`](crate::StateFile::open) checks whether a file is
    /// complete.
    pub fn recognise<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let names: Vec<&str> = names.into_iter().collect();
        let known = |architecture: Self| {
            let parameters = architecture.graphs_of(architecture.lineage()).ok()?.features.parameters();
            let first = parameters.first()?;
            names.contains(&first.name.as_str()).then_some(())?;
            let held = parameters.iter().filter(|one| names.contains(&one.name.as_str())).count();
            (2 * held > parameters.len()).then_some(architecture)
        };
        Self::all().into_iter().find_map(known)
    }

    fn place(self) -> Option<usize> {
        Self::all().iter().position(|other| *other == self)
    }
}

/// The parts of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Graphs {
    /// From the image to the last map.
    pub features: Graph,
    /// From the last map to logits.
    pub classifier: Option<Graph>,
    /// From an intermediate map to logits, for training only.
    pub auxiliary: Option<Graph>,
}

impl Lineage {
    /// The lineage of `keras.applications`, or of the default weights if Keras has no weights of the network.
    pub fn keras(architecture: Architecture) -> Self {
        Self::of_family(architecture, "keras")
    }

    /// The lineage of torchvision's own files, or of the default weights if torchvision has none of the network.
    pub fn torchvision(architecture: Architecture) -> Self {
        Self::of_family(architecture, "torchvision")
    }

    /// The lineage of timm's files, or of the default weights if timm has none of the network.
    pub fn timm(architecture: Architecture) -> Self {
        Self::of_family(architecture, "timm")
    }

    fn of_family(architecture: Architecture, name: &str) -> Self {
        architecture.family(name).map_or_else(|| architecture.lineage(), |family| family.lineage)
    }
}

impl PartialEq for Architecture {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Architecture {}

impl Hash for Architecture {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

/// In the order of [`Architecture::all`]; networks of files come behind, in the order of their names.
impl Ord for Architecture {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other {
            return Ordering::Equal;
        }
        match (self.place(), other.place()) {
            (Some(own), Some(others)) => own.cmp(&others),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.name().cmp(other.name()),
        }
    }
}

impl PartialOrd for Architecture {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(text: &str) -> Result<Self, UnknownArchitecture> {
        every()
            .find(|architecture| architecture.name() == text)
            .ok_or_else(|| UnknownArchitecture { text: text.chars().take(80).collect() })
    }
}

impl Serialize for Architecture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Names of all networks, for messages.
pub(crate) fn known() -> String {
    every().map(Architecture::name).collect::<Vec<_>>().join(", ")
}

/// All networks, those of files included.
fn every() -> impl Iterator<Item = Architecture> {
    let of_files = OF_FILES.read().unwrap_or_else(PoisonError::into_inner).clone();
    let of_file = |name| Architecture { described: Described::File(name) };
    Architecture::all().into_iter().chain(of_files.into_iter().map(of_file))
}

fn check_name(name: &str) -> Result<(), RegistrationError> {
    let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
    if (1..=40).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(RegistrationError::Name { name: name.chars().take(80).collect() })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::Facts;

    #[test]
    fn a_network_of_a_file_has_a_name_and_nothing_else() {
        assert!("of_a_file".parse::<Architecture>().is_err());
        let network = Architecture::of_file("of_a_file").unwrap();
        assert_eq!("of_a_file".parse::<Architecture>().unwrap(), network);
        assert_eq!(Architecture::of_file("of_a_file").unwrap(), network, "the same name is the same network");
        assert!(network.is_of_file() && network.definition().is_none() && Facts::known(network).is_none());
        assert!(matches!(network.graphs_of(network.lineage()), Err(GraphError::OfFile { .. })));
        assert!(!Architecture::all().contains(&network) && known().contains("of_a_file"));
        let other = Architecture::of_file("of_b_file").unwrap();
        assert!(Architecture::INCEPTION_RESNET_V2 < network && network < other);
    }

    #[test]
    fn names_of_networks_of_files_are_checked_and_taken_once() {
        static SECOND: LazyLock<NetworkDefinition> =
            LazyLock::new(|| NetworkDefinition { name: "taken_by_a_file", ..*network::ALL[0] });
        for name in ["", "Chexnet", "../x", "a.b", &"a".repeat(41)] {
            assert!(matches!(Architecture::of_file(name), Err(RegistrationError::Name { .. })), "{name}");
        }
        assert!(matches!(Architecture::of_file("vgg19"), Err(RegistrationError::Taken { .. })));
        Architecture::of_file("taken_by_a_file").unwrap();
        assert!(matches!(Architecture::register(&SECOND), Err(RegistrationError::Taken { .. })));
    }
}
