//! Measures what the built-in rules read from real reviews: how they agree with the buyer's own stars, what they find in
//! words alone, how many reviews they put first, and how long one takes.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a clock is what it measures with")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use domain::Channel;
use domain::policy::assessment::of_words;
use domain::value::{Intent, Priority, Sentiment};
use serde_json::Value;

/// Where reviews are looked for unless an argument says otherwise: real ones are nobody's to be copied in here.
const BESIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

/// A review of somebody: its stars and all its words.
struct Review {
    stars: u8,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from(BESIDE), PathBuf::from);
    let reviews = reviews(&folder)?;
    println!(
        "{} reviews, {} with words\n",
        reviews.len(),
        reviews.iter().filter(|it| it.has_words()).count()
    );
    sentiments(&reviews);
    complaints(&reviews);
    priorities(&reviews);
    time(&reviews);
    Ok(())
}

impl Review {
    fn has_words(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// How its writer feels, by the stars that they gave.
    fn felt(&self) -> Sentiment {
        match self.stars {
            ..=2 => Sentiment::Negative,
            3 => Sentiment::Neutral,
            _ => Sentiment::Positive,
        }
    }
}

fn reviews(folder: &std::path::Path) -> Result<Vec<Review>, Box<dyn Error>> {
    let file = folder.join("reviews/reviews.jsonl");
    let lines =
        fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let read = |line: &str| -> Result<Review, Box<dyn Error>> {
        let review: Value = serde_json::from_str(line)?;
        let words =
            ["text", "cons", "pros"].map(|field| review[field].as_str().unwrap_or_default());
        let stars = review["rating"].as_u64().and_then(|stars| u8::try_from(stars).ok());
        Ok(Review { stars: stars.ok_or("a review has stars")?, text: words.join("\n") })
    };
    lines.lines().map(read).collect()
}

/// What words alone say of how buyers feel, as of a chat, where no stars are given. The stars are the judge.
fn sentiments(reviews: &[Review]) {
    let mut matrix: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let with_words: Vec<_> = reviews.iter().filter(|review| review.has_words()).collect();
    let mut hits = 0;
    for review in &with_words {
        let read = of_words(Channel::Review, None, &review.text).sentiment;
        *matrix.entry((review.felt().as_str(), read.as_str())).or_default() += 1;
        hits += usize::from(read == review.felt());
    }
    println!("feeling, by words alone (columns) against the buyer's stars (rows)");
    let names =
        [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive].map(Sentiment::as_str);
    println!("{:<10}{:>10}{:>10}{:>10}", "", names[0], names[1], names[2]);
    for felt in names {
        let row = names.map(|read| matrix.get(&(felt, read)).copied().unwrap_or_default());
        println!("{felt:<10}{:>10}{:>10}{:>10}", row[0], row[1], row[2]);
    }
    println!();
    println!("figure drafts_feeling_by_words_alone {:.4} ratio", share(hits, with_words.len()));
    let by_stars = with_words.iter().filter(|review| {
        of_words(Channel::Review, Some(review.stars), &review.text).sentiment == review.felt()
    });
    println!(
        "figure drafts_feeling_with_stars {:.4} ratio target >= 1",
        share(by_stars.count(), with_words.len())
    );
}

/// What is complained of in words, by stars.
fn complaints(reviews: &[Review]) {
    println!("\ncomplaints found in words, as of a chat, by stars");
    let complaints =
        [Intent::Defect, Intent::WrongItem, Intent::Delivery, Intent::Sizing, Intent::Return];
    let heads = complaints.map(Intent::as_str);
    println!(
        "{:<7}{:>8}{:>8}{:>12}{:>10}{:>8}{:>8}",
        "stars", heads[0], heads[1], heads[2], heads[3], heads[4], "none"
    );
    for stars in 1..=5 {
        let of: Vec<_> = reviews.iter().filter(|it| it.stars == stars && it.has_words()).collect();
        let read: Vec<_> =
            of.iter().map(|it| of_words(Channel::Chat, None, &it.text).intent).collect();
        let count = |intent| read.iter().filter(|other| **other == intent).count();
        let told = complaints.map(count);
        let none = of.len() - told.iter().sum::<usize>();
        println!(
            "{stars:<7}{:>8}{:>8}{:>12}{:>10}{:>8}{none:>8}",
            told[0], told[1], told[2], told[3], told[4]
        );
        if stars == 1 {
            println!(
                "figure drafts_one_star_without_a_complaint_in_words {:.4} ratio",
                share(none, of.len())
            );
        }
        if stars == 5 {
            println!(
                "figure drafts_five_stars_with_one {:.4} ratio",
                share(of.len() - none, of.len())
            );
        }
    }
}

/// What comes first: of one and two stars all must be at least high, of four and five none.
fn priorities(reviews: &[Review]) {
    let priority = |it: &Review| of_words(Channel::Review, Some(it.stars), &it.text).priority;
    let few: Vec<_> = reviews.iter().filter(|it| it.stars <= 2).map(priority).collect();
    let many: Vec<_> = reviews.iter().filter(|it| it.stars >= 4).map(priority).collect();
    let soon = |priority: &&Priority| **priority <= Priority::High;
    println!();
    println!(
        "figure drafts_few_stars_first {:.4} ratio target >= 1",
        share(few.iter().filter(soon).count(), few.len())
    );
    println!(
        "figure drafts_many_stars_first {:.4} ratio target <= 0",
        share(many.iter().filter(soon).count(), many.len())
    );
    let urgent = few.iter().filter(|priority| **priority == Priority::Urgent).count();
    println!("figure drafts_few_stars_urgent {:.4} ratio", share(urgent, few.len()));
}

fn time(reviews: &[Review]) {
    let began = Instant::now();
    for review in reviews {
        std::hint::black_box(of_words(Channel::Review, Some(review.stars), &review.text));
    }
    let each = began.elapsed().as_secs_f64() * 1e6 / reviews.len().max(1) as f64;
    println!("figure drafts_assessment {each:.1} µs");
}

fn share(hits: usize, of: usize) -> f64 {
    hits as f64 / of.max(1) as f64
}
