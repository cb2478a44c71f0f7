//! A network on a device: the steps of its plan with their parameters, and the pass itself.

mod arithmetic;
mod layers;
mod load;

use radiograph_weights::graph::Graph;
use tch::{TchError, Tensor};

use self::{layers::Layer, load::Loading};
use crate::{BackboneError, Form, plan::Plan};

pub(crate) use self::{arithmetic::kind_of, load::Source};

/// A network whose parameters are on a device. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    plan: Plan,
    layers: Vec<Layer>,
    /// Whether each input of a step may be overwritten by it.
    overwritable: Vec<Vec<bool>>,
}

impl Program {
    /// Loads the parameters of a graph. `side` is a size of image that the network reads.
    pub(crate) fn load(graph: &Graph, form: Form, side: i64, source: &Source) -> Result<Self, BackboneError> {
        let plan = Plan::of(graph, form, source.arithmetic, side);
        let layers = Loading { source }.all(&plan)?;
        let uses = plan.uses();
        let of = |inputs: &Vec<usize>| -> Vec<bool> {
            inputs.iter().map(|input| plan.is_overwritable(*input, &uses)).collect()
        };
        let overwritable = plan.inputs.iter().map(of).collect();
        Ok(Self { plan, layers, overwritable })
    }

    /// The output for an input.
    pub(crate) fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let mut found = self.values(input, &[self.plan.output])?;
        found.pop().ok_or_else(|| TchError::Shape("a pass without an output".to_owned()))
    }

    /// The values of some steps, by their places in the graph.
    pub(crate) fn values(&self, input: &Tensor, wanted: &[usize]) -> Result<Vec<Tensor>, TchError> {
        let needed = self.plan.needed(wanted);
        let mut readers = vec![0; needed.len()];
        for place in (0..needed.len()).filter(|place| needed[*place]) {
            self.plan.inputs[place].iter().for_each(|input| readers[*input] += 1);
        }
        wanted.iter().for_each(|place| readers[*place] += 1);

        let mut values: Vec<Option<Tensor>> = needed.iter().map(|_| None).collect();
        let mut rooms: Vec<Option<Tensor>> = needed.iter().map(|_| None).collect();
        for place in (0..needed.len()).filter(|place| needed[*place]) {
            let inputs = &self.plan.inputs[place];
            let read: Vec<&Tensor> = inputs.iter().filter_map(|input| values[*input].as_ref()).collect();
            if read.len() != inputs.len() {
                return Err(TchError::Shape("a step reads a value that is not there".to_owned()));
            }
            let pass = layers::Pass {
                input,
                read: &read,
                overwritable: &self.overwritable[place],
                rooms: &mut rooms,
            };
            let value = self.layers[place].forward(place, pass)?;
            for input in inputs {
                readers[*input] -= 1;
                if readers[*input] == 0 {
                    values[*input] = None;
                }
            }
            values[place] = Some(value);
        }
        let take = |place: &usize| values[*place].as_ref().map(Tensor::shallow_clone);
        wanted
            .iter()
            .map(|place| take(place).ok_or_else(|| TchError::Shape("a value is not there".to_owned())))
            .collect()
    }
}
