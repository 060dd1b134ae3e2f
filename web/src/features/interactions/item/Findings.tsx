/** What the rules have against the text: what is wrong, and what to write instead. */
import { CircleAlert, TriangleAlert } from "lucide-react";
import type { Finding } from "@/lib/api/types";
import styles from "./Findings.module.css";

export function Findings({ found }: { found: readonly Finding[] }) {
  if (found.length === 0) return null;
  return (
    <ul className={styles.findings} id="composer-findings" aria-label="Замечания к тексту">
      {found.map((finding) => (
        <li
          key={`${finding.type} ${finding.listed ?? ""} ${finding.place?.start ?? ""}`}
          className={finding.severity === "error" ? styles.error : styles.warning}
        >
          {finding.severity === "error" ? (
            <CircleAlert size={14} aria-label="Мешает отправить" />
          ) : (
            <TriangleAlert size={14} aria-label="Предупреждение" />
          )}
          <span>
            {finding.phrase !== null && <q>{finding.phrase}</q>} <strong>{finding.message}</strong>{" "}
            {finding.instead}
          </span>
        </li>
      ))}
    </ul>
  );
}
