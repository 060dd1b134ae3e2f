/** A message at the place it belongs to: a tone, an icon and words, never colour alone. */
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import styles from "./Note.module.css";

export type Tone = "info" | "good" | "warn" | "bad";

const ICONS = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

interface NoteProps {
  tone: Tone;
  title: React.ReactNode;
  children?: React.ReactNode;
  actions?: React.ReactNode;
  /** Read out as soon as it appears. */
  role?: "alert" | "status";
}

export function Note({ tone, title, children, actions, role }: NoteProps) {
  const Icon = ICONS[tone];
  return (
    <div className={`${styles.note} ${styles[tone]}`} role={role}>
      <Icon size={16} aria-hidden="true" className={styles.icon} />
      <div className={styles.body}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
