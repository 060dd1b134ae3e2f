/** A grey bar where a line of text will be. */
import styles from "./Skeleton.module.css";

export function Skeleton({ width }: { width: string }) {
  return <span className={styles.bar} style={{ width }} aria-hidden="true" />;
}
