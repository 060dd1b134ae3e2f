/** The frame of the pages before the session: the mark and one form. */
import styles from "./Doorway.module.css";

export function Doorway({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <main className={styles.doorway}>
      <div className={styles.card}>
        <p className={styles.brand}>
          <img src="/favicon.svg" alt="" width="28" height="28" /> AgentIQ
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
