/** What a place says when there is nothing in it, and what to do next. */
import styles from "./Empty.module.css";

interface EmptyProps {
  icon: React.ReactNode;
  title: string;
  children?: React.ReactNode;
}

export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <p className={styles.title}>{title}</p>
      {children}
    </div>
  );
}
