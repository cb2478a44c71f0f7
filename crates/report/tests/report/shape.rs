//! Tests that documents parse, bytes repeat, and sizes stay within limits.

use std::{collections::BTreeSet, time::Instant};

use radiograph_report::{MAX_PAGE_BYTES, Report};
use scraper::{Html, Selector};

use crate::sample;

#[test]
fn the_page_is_html_without_a_fault_that_a_parser_would_mend() {
    let rendered = sample::report().render().unwrap();
    let page = Html::parse_document(&rendered.html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    let select = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
    for landmark in ["main", "header", "footer", "nav", "h1", "head > title", "html[lang=en]"] {
        assert_eq!(select(landmark), 1, "{landmark}");
    }
    // Every table has a caption and a heading for each column and row; every picture says what it shows.
    let tables = select("table");
    assert!(tables > 25, "{tables}");
    assert_eq!(select("table > caption"), tables);
    assert_eq!(select("thead th"), select("thead th[scope=col]"));
    assert_eq!(select("tbody tr"), select("tbody tr > th[scope=row]:first-child"));
    assert_eq!(select("img"), 6);
    assert_eq!(select("img"), select("img[alt][width][height]"));
    let drawn = rendered.figures.iter().count() + rendered.figures.paper.len();
    assert_eq!(select("figure > svg"), drawn);
    assert_eq!(select("script, link, iframe, object, form"), 0);
}

#[test]
fn nothing_is_loaded_and_every_address_leads_somewhere() {
    let rendered = sample::report().render().unwrap();
    let page = Html::parse_document(&rendered.html);
    let all = Selector::parse("*").unwrap();
    let ids: Vec<&str> = page.select(&all).filter_map(|element| element.attr("id")).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id stands twice");
    for element in page.select(&all) {
        for (name, value) in element.value().attrs() {
            match name {
                // Pictures within drawings.
                "href" if element.value().name() == "image" => {
                    assert!(value.starts_with("data:image/png;base64,"));
                }
                "href" => assert!(ids.contains(&value.strip_prefix('#').unwrap()), "{value}"),
                "src" => assert!(value.starts_with("data:image/png;base64,")),
                "aria-labelledby" | "aria-describedby" => assert!(ids.contains(&value), "{value}"),
                name => assert!(!name.starts_with("on"), "{name}"),
            }
        }
    }
    let style = rendered.html.split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
}

#[test]
fn figures_are_xml_with_a_title_and_png_of_the_same_shape() {
    let rendered = sample::report().render().unwrap();
    let figures: Vec<_> = rendered.figures.iter().collect();
    // The overview, two of the audit, four a class, and seven a network.
    assert_eq!(figures.len(), 3 + 4 * 3 + 5 * 7);
    for figure in figures {
        let drawing = roxmltree::Document::parse(&figure.svg).unwrap();
        let root = drawing.root_element();
        let title = root.children().find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", "title")));
        assert_eq!(title.unwrap().text(), Some(figure.title.as_str()));
        assert!(!figure.description.is_empty());
        let view = root.attribute("viewBox").unwrap().to_owned();
        let png = image::load_from_memory(&figure.png).unwrap();
        assert_eq!(view, format!("0 0 {} {}", png.width(), png.height()), "{}", figure.name);
        assert!(figure.svg.len() < 200_000, "{}: {} bytes", figure.name, figure.svg.len());
        assert!(figure.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
    }
}

#[test]
fn the_same_report_gives_the_same_bytes_for_any_number_of_threads_and_through_json() {
    let report = sample::report();
    let alone = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| report.render().unwrap())
    };
    let first = alone(1);
    assert_eq!(first, alone(3));
    let json = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(first, read.render().unwrap());
}

#[test]
fn files_are_written_where_their_names_say() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("a folder with spaces");
    let rendered = sample::report().render().unwrap();
    let page = rendered.write(&folder).unwrap();
    assert_eq!(page, folder.join("report.html"));
    assert_eq!(std::fs::read_to_string(page).unwrap(), rendered.html);
    assert_eq!(std::fs::read_to_string(folder.join("claim.md")).unwrap(), rendered.claim);
    let files = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
    let (figures, paper) = (folder.join("figures"), folder.join("figures/paper"));
    assert_eq!(files(&figures), 2 * rendered.figures.iter().count() + 1);
    assert_eq!(files(&paper), 3 * rendered.figures.paper.len());
    for of in &rendered.figures.paper {
        let name = &of.figure.name;
        assert_eq!(std::fs::read_to_string(paper.join(format!("{name}.csv"))).unwrap(), of.csv);
    }
    let names: Vec<&str> = rendered.figures.paper.iter().map(|of| of.figure.name.as_str()).collect();
    assert_eq!(names, ["figure-5", "figure-6", "figure-7", "figure-8", "figure-9"]);
}

#[test]
fn ten_thousand_images_stay_a_page_of_moderate_size() {
    let mut report = sample::report();
    report.networks.truncate(1);
    report.comparisons.clear();
    report.best = None;
    report.networks[0] = sample::network(0, 10_000);
    report.data = sample::data(&report.networks[0].predictions);
    report.bands.replicates = 100;
    let start = Instant::now();
    let rendered = report.render().unwrap();
    println!("10,000 images: {:.1} s, {} bytes", start.elapsed().as_secs_f64(), rendered.html.len());
    assert!(rendered.html.len() < 1_000_000, "{}", rendered.html.len());
    assert!(rendered.html.contains("10,000"));
}

#[test]
fn panels_beyond_the_limit_are_left_out_and_counted() {
    let mut report = sample::report();
    // Noise does not compress: about a megabyte each.
    let mut state = 1_u32;
    let noise = image::RgbImage::from_fn(600, 600, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    });
    let mut png = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let picture = radiograph_report::Picture::from_png("noise", png.into_inner()).unwrap();
    let panel = report.networks[1].panels[0].clone();
    let many = radiograph_report::Panel { picture, ..panel };
    report.networks[1].panels = vec![many; 20];
    let rendered = report.render().unwrap();
    assert!(rendered.html.len() <= MAX_PAGE_BYTES, "{}", rendered.html.len());
    let page = Html::parse_document(&rendered.html);
    let shown = page.select(&Selector::parse("img").unwrap()).count();
    assert!((5..20).contains(&shown), "{shown}");
    assert!(rendered.html.contains(&format!("{} panels left out", 20 - shown)));
}
