//! SVG text, element by element.

use std::fmt::{Display, Write as _};

use super::Rgb;

/// A picture; lengths are in pixels from the upper left corner.
#[derive(Debug)]
pub(crate) struct Svg {
    width: f64,
    height: f64,
    title: String,
    description: String,
    body: String,
}

/// Where a text lies relative to its anchor point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Inks that follow the ground: `ink` for what is read, `soft` for what is beside it, `line` and `grid` for strokes.
const STYLE: &str = "\
text{font-family:'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif}\
.ink{fill:#1f2328}.soft{fill:#59636e}.line{stroke:#59636e;fill:none}.grid{stroke:#818b98;stroke-opacity:.28;fill:none}\
@media(prefers-color-scheme:dark){.ink{fill:#f0f6fc}.soft{fill:#9ba5b0}.line{stroke:#9ba5b0}}";

impl Svg {
    /// An empty picture. Title and description are what a screen reader says.
    pub(crate) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        Self { width, height, title: title.to_owned(), description: description.to_owned(), body: String::new() }
    }

    /// A text whose base line is at `y`; `class` is `ink` or `soft`.
    pub(crate) fn text(&mut self, [x, y]: [f64; 2], size: f64, anchor: Anchor, class: &str, text: impl Display) {
        let anchor = anchor.word();
        let (x, y, size, text) = (number(x), number(y), number(size), escaped(&text.to_string()));
        self.push(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" class="{class}">{text}</text>"#
        ));
    }

    /// A text in a color of its own, in bold.
    pub(crate) fn label(&mut self, center: [f64; 2], size: f64, color: Rgb, text: impl Display) {
        self.centered(center, size, 600, color, text);
    }

    /// A text in a color of its own.
    pub(crate) fn caption(&mut self, center: [f64; 2], size: f64, color: Rgb, text: impl Display) {
        self.centered(center, size, 400, color, text);
    }

    fn centered(&mut self, [x, y]: [f64; 2], size: f64, weight: u16, color: Rgb, text: impl Display) {
        let (x, y, size, text) = (number(x), number(y), number(size), escaped(&text.to_string()));
        self.push(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" text-anchor="middle" font-weight="{weight}" fill="{color}">{text}</text>"#
        ));
    }

    /// A text that reads upward, centered at this point.
    pub(crate) fn upward(&mut self, [x, y]: [f64; 2], size: f64, text: impl Display) {
        let (x, y, size, text) = (number(x), number(y), number(size), escaped(&text.to_string()));
        self.push(format_args!(
            r#"<text transform="translate({x} {y}) rotate(-90)" font-size="{size}" text-anchor="middle" class="ink">{text}</text>"#
        ));
    }

    /// A stroke of the class `line` or `grid`.
    pub(crate) fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], class: &str, width: f64) {
        let [x1, y1, x2, y2, width] = [x1, y1, x2, y2, width].map(number);
        self.push(format_args!(
            r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{class}" stroke-width="{width}"/>"#
        ));
    }

    /// A filled rectangle.
    pub(crate) fn rect(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], fill: impl Display, round: f64) {
        let [x, y, w, h, round] = [x, y, w, h, round].map(number);
        self.push(format_args!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{round}" fill="{fill}"/>"#));
    }

    /// A filled circle with a rim.
    pub(crate) fn circle(&mut self, [x, y]: [f64; 2], radius: f64, fill: impl Display, rim: f64) {
        let [x, y, radius, rim] = [x, y, radius, rim].map(number);
        self.push(format_args!(
            r##"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="#30363d" stroke-opacity=".55" stroke-width="{rim}"/>"##
        ));
    }

    /// A curve through points.
    pub(crate) fn curve(&mut self, points: &[[f64; 2]], color: impl Display, width: f64, dashes: &str) {
        let (width, path) = (number(width), joined(points));
        self.push(format_args!(
            r#"<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round" stroke-dasharray="{dashes}"/>"#
        ));
    }

    /// An area with this outline.
    pub(crate) fn area(&mut self, outline: &[[f64; 2]], color: impl Display, opacity: f64) {
        let (opacity, path) = (number(opacity), joined(outline));
        self.push(format_args!(r#"<polygon points="{path}" fill="{color}" fill-opacity="{opacity}"/>"#));
    }

    /// Any other element, already well-formed.
    pub(crate) fn raw(&mut self, element: impl Display) {
        self.push(format_args!("{element}"));
    }

    /// The document.
    pub(crate) fn finish(self) -> String {
        let Self { width, height, title, description, body } = self;
        let (width, height) = (number(width), number(height));
        let (title, description) = (escaped(&title), escaped(&description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\">\n<title>{title}</title>\n<desc>{description}</desc>\n<style>{STYLE}</style>\n{body}</svg>\n"
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{element}").expect("invariant: writing to a string does not fail");
    }
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A number as short as a hundredth of a pixel allows.
pub(crate) fn number(x: f64) -> String {
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn joined(points: &[[f64; 2]]) -> String {
    points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
