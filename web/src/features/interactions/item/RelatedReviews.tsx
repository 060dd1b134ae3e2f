/** The other half of a review and its supplement, as a way there. */
import { Link, useLocation } from "react-router";
import { Moment } from "@/components/Moment";
import type { Interaction } from "@/lib/api/types";
import { RELATED } from "./channel-words";
import styles from "./RelatedReviews.module.css";

export function RelatedReviews({ item }: { item: Interaction }) {
  // The list beside it, and the moment that is shown, stay as they are.
  const { search } = useLocation();
  if (item.related.length === 0) return null;
  return (
    <ul className={styles.related} aria-label="Связанные отзывы">
      {item.related.map((other) => (
        <li key={other.interaction_id} className={styles.line}>
          <Link to={{ pathname: `/queue/${other.interaction_id}`, search }}>{RELATED[other.kind]}</Link>
          <span className={styles.preview}>{other.preview || <i>Без текста</i>}</span>
          <Moment at={other.occurred_at} />
        </li>
      ))}
    </ul>
  );
}
