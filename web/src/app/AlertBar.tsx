/** The bar over all pages while many replies fail: how many, why, and the way to them. */
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { alertsQuery } from "@/lib/api/queries";
import type { Alert } from "@/lib/api/types";
import { counted } from "@/lib/format/count";
import styles from "./AccessBar.module.css";

export function AlertBar() {
  const alerts = (useQuery(alertsQuery).data ?? []).filter((alert) => alert.ended_at === null);
  return (
    <div role="alert">
      {alerts.map((alert) => (
        <p
          key={alert.kind}
          className={alert.severity === "critical" ? styles.bar : `${styles.bar} ${styles.soon}`}
        >
          {alert.severity === "critical" ? (
            <CircleAlert size={16} aria-hidden="true" />
          ) : (
            <TriangleAlert size={16} aria-hidden="true" />
          )}
          <Told alert={alert} />
        </p>
      ))}
    </div>
  );
}

function Told({ alert }: { alert: Alert }) {
  if (alert.kind === "accept_rate_low") {
    return (
      <>
        <span>
          <b>Черновики редко подходят: меньше половины последних ушли как есть или с малой правкой.</b>{" "}
          {reasons(alert)}
        </span>
        <Link to="/learning">Разобрать</Link>
        <Link to="/quality?days=7">Качество черновиков</Link>
      </>
    );
  }
  return (
    <>
      <span>
        <b>{counted(alert.count, ["ответ не ушёл", "ответа не ушли", "ответов не ушли"])} за час.</b>{" "}
        {reasons(alert)}
      </span>
      <Link to="/queue?status=failed">К ним</Link>
      <Link to="/sending">Статус отправки</Link>
    </>
  );
}

/** "4 — площадка не отвечает; 2 — …" */
function reasons({ causes }: Alert): string {
  return causes.map(({ count, message }) => `${message.replace(/\.$/, "")} — ${count}`).join("; ") + ".";
}
