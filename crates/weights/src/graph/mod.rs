//! Describes a network's forward pass as data: operations, each with the parameters that it needs.
//!
//! A network is written once, with a [`Builder`]. Everything else is read from the resulting [`Graph`]: the shape of each
//! map for an input, the tensors that a file of weights must hold, the cost of a pass, and the pass itself, which
//! `radiograph-backbone` computes with libtorch. The graph needs no libtorch.
//!
//! ```
//! use radiograph_weights::graph::{Builder, Window};
//!
//! let mut network = Builder::new(1);
//! let map = network.convolution(network.image(), "conv", 8, Window::square(3, 2, 1));
//! let map = network.batch_norm(map, "bn", 1e-5);
//! let map = network.relu(map);
//! network.layer("last", map);
//! let graph = network.finish(map)?;
//! assert_eq!(graph.feature_shape(64, 48)?, [8, 32, 24]);
//! assert_eq!(graph.cost(64, 48)?.parameters, 8 * 9 + 2 * 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod cost;
mod node;
mod operation;
mod shape;
mod window;

pub use builder::{Builder, GraphError};
pub use cost::Cost;
pub use node::{Graph, Map, Node};
pub use operation::{Operation, Parameter, Role};
pub use shape::{Shape, UnfitImage};
pub use window::Window;
