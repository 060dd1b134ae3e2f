/** Says that the live stream is in trouble, once it has been for a while, and what came when it is back. */
import { CheckCircle2, CloudOff, RefreshCw, WifiOff } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { counted, type Forms } from "@/lib/format/count";
import { connectionNow, onConnection, type Connection } from "@/lib/live/live";
import styles from "./ConnectionPill.module.css";

/** Shorter interruptions are not worth a word. */
const TROUBLE_MS = 1_500;
/** After this many attempts in vain a reload is the better advice. */
const ATTEMPTS_MAX = 8;
const BACK_SHOWN_MS = 4_000;
const EVENTS: Forms = ["событие", "события", "событий"];

export function ConnectionPill() {
  const connection = useSyncExternalStore(onConnection, connectionNow);
  const isTrouble = useIsLongTrouble(connection);
  const back = useBack(connection, isTrouble);
  return (
    <div className={styles.place} role="status" aria-live="polite">
      {isTrouble && connection.kind === "trouble" && <Trouble attempt={connection.attempt} />}
      {back && connection.kind === "open" && (
        <span className={`${styles.pill} ${styles.good}`}>
          <CheckCircle2 size={14} aria-hidden="true" />
          {connection.caughtUp > 0
            ? `Снова на связи: загружено ${counted(connection.caughtUp, EVENTS)}`
            : "Снова на связи"}
        </span>
      )}
    </div>
  );
}

function Trouble({ attempt }: { attempt: number }) {
  if (!navigator.onLine) {
    return (
      <span className={styles.pill}>
        <WifiOff size={14} aria-hidden="true" /> Нет интернета
      </span>
    );
  }
  if (attempt < ATTEMPTS_MAX) {
    return (
      <span className={styles.pill}>
        <RefreshCw size={14} aria-hidden="true" className={styles.turning} /> Переподключаемся...
      </span>
    );
  }
  return (
    <span className={styles.pill}>
      <CloudOff size={14} aria-hidden="true" /> Сервер не отвечает. Обновите страницу.
    </span>
  );
}

/** Whether trouble has lasted long enough to speak of. */
function useIsLongTrouble(connection: Connection): boolean {
  const since = connection.kind === "trouble" ? connection.since : undefined;
  const [longSince, setLongSince] = useState<number>();
  useEffect(() => {
    if (since === undefined) return;
    const timer = setTimeout(() => setLongSince(since), Math.max(0, since + TROUBLE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [since]);
  return since !== undefined && longSince === since;
}

/** True for a while after trouble that was shown. */
function useBack(connection: Connection, isTrouble: boolean): boolean {
  const [wasTrouble, setWasTrouble] = useState(false);
  if (isTrouble && !wasTrouble) setWasTrouble(true);
  const isBack = wasTrouble && connection.kind === "open";
  useEffect(() => {
    if (!isBack) return;
    const timer = setTimeout(() => setWasTrouble(false), BACK_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  return isBack;
}
