//! Prints the table of transfer syntaxes of docs/films.md.
//!
//!     cargo run -p radiograph-image --example transfer_syntaxes

use radiograph_image::TransferSyntax;

#[allow(clippy::print_stdout, reason = "a program")]
fn main() {
    println!("| transfer syntax | identifier | outcome |\n|---|---|---|");
    for syntax in TransferSyntax::all() {
        println!("| {} | {} | {} |", syntax.name, syntax.uid, syntax.outcome);
    }
}
