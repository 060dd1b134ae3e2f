/** A rating of one to five. */
import { starsSpoken } from "@/lib/words";
import styles from "./Stars.module.css";

const FIVE = [1, 2, 3, 4, 5];
const STAR = "M8 1.6l1.9 4 4.4.6-3.2 3 .8 4.3L8 11.4l-3.9 2.1.8-4.3-3.2-3 4.4-.6z";

export function Stars({ rating }: { rating: number }) {
  return (
    <span className={styles.stars} role="img" aria-label={starsSpoken(rating)}>
      {FIVE.map((star) => (
        <svg key={star} width="12" height="12" viewBox="0 0 16 16" aria-hidden="true">
          <path d={STAR} className={star <= rating ? styles.on : styles.off} />
        </svg>
      ))}
    </span>
  );
}
