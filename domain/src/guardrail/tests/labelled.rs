//! Replies to reviews with what stops them, if anything does: texts of our own, one a line of the file.

use std::collections::BTreeSet;

use super::*;

/// Category or `-`, the buyer's words, the reply.
const LABELLED: &str = include_str!("../../../golden/guardrails.tsv");

#[test]
fn every_text_is_stopped_by_what_its_label_says_and_nothing_else() {
    let (mut wrong, mut stopped, mut free) = (Vec::new(), BTreeSet::new(), 0);
    for line in LABELLED.lines() {
        let [label, buyer, text] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let errors = found(Channel::Review, buyer, text)
            .into_iter()
            .filter(|f| f.severity == Severity::Error);
        let categories: BTreeSet<&str> = errors.map(|f| f.rule.category.into()).collect();
        let expected: BTreeSet<&str> = [label].into_iter().filter(|label| *label != "-").collect();
        if categories != expected {
            wrong.push(format!("{label}: {text}: {categories:?}"));
        }
        free += usize::from(label == "-");
        stopped.extend(expected);
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(stopped.len(), 8, "every category that stops a reply is in the file");
    assert!(free >= 40, "{free}");
}
