/** What a key opens and until when, in words that say what to do. */
import { CircleAlert, CircleCheck, Lock } from "lucide-react";
import { Note } from "@/components/Note";
import type { Account, AccountKey, KeyReport } from "@/lib/api/types";
import { counted, type Forms } from "@/lib/format/count";
import { exactTime } from "@/lib/format/time";
import { CHANNELS, CLAIMS } from "@/lib/words";
import styles from "./AccountCard.module.css";

const DAYS: Forms = ["день", "дня", "дней"];

interface Opened {
  channels: KeyReport["channels"];
  /** Left out where it is not known yet; null where a marketplace's claims are not read. */
  claims?: Account["claims"];
}

/** Each channel: open, closed, or open for reading only; and the claims for return. */
export function KeyChannels({ channels, claims = null }: Opened) {
  return (
    <ul className={styles.channels} aria-label="Что открывает ключ">
      {channels.map(({ channel, state, reason }) => (
        <li key={channel} className={state === "open" ? styles.open : styles.closed}>
          <Mark state={state} />
          {CHANNELS[channel]}
          {state !== "open" && <span>— {reason ?? "закрыто"}</span>}
        </li>
      ))}
      {claims && (
        <li className={claims.open ? styles.open : styles.closed}>
          <Mark state={claims.open ? "open" : "no_right"} />
          {CLAIMS}
          {!claims.open && <span>— {claims.reason}</span>}
        </li>
      )}
    </ul>
  );
}

function Mark({ state }: { state: KeyReport["channels"][number]["state"] }) {
  if (state === "open") return <CircleCheck size={13} aria-hidden="true" />;
  if (state === "read_only") return <CircleAlert size={13} aria-hidden="true" />;
  return <Lock size={13} aria-hidden="true" />;
}

/** When the key ends, and what its kind means. */
export function KeyFacts({ accountKey: key }: { accountKey: AccountKey }) {
  return (
    <>
      {key.expiring_days != null && key.expires_at != null && (
        <Note tone="warn" title={expiring(key.expiring_days)}>
          <p>
            Ключ действует до {exactTime(key.expires_at)}. Создайте новый заранее и замените: после этого
            срока ответы не отправляются и обращения не загружаются.
          </p>
        </Note>
      )}
      {key.expiring_days == null && key.expires_at != null && (
        <p className={styles.quiet}>Ключ действует до {exactTime(key.expires_at)}</p>
      )}
      {key.notes.map((note) => (
        <p key={note} className={styles.quiet}>
          {note}
        </p>
      ))}
    </>
  );
}

/** How soon a key ends. */
export function expiring(days: number): string {
  return days <= 1
    ? "Ключ заканчивается меньше чем через сутки"
    : `До конца ключа меньше ${counted(days, DAYS)}`;
}
