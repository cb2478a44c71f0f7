fn main() {
    radiograph_link::libtorch();
}
