/** The latest bulks, so that one that was left is found again. */
import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { Link } from "react-router";
import { Empty } from "@/components/Empty";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { grouped } from "@/lib/format/count";
import { BULK_STATE } from "./bulk-words";
import { bulksQuery } from "./bulks";
import styles from "./Bulk.module.css";

export function BulksPage() {
  const bulks = useQuery(bulksQuery);
  return (
    <div className={styles.page}>
      <h1>Ответы многим</h1>
      {bulks.error && <ProblemNote error={bulks.error} onRetry={() => void bulks.refetch()} />}
      {bulks.data?.length === 0 && (
        <Empty icon={<ListChecks size={28} />} title="Так ещё не отвечали">
          <p>
            Отметьте обращения в <Link to="/queue?needs_response=true">очереди</Link> клавишей <kbd>X</kbd> и
            нажмите «Ответить всем…».
          </p>
        </Empty>
      )}
      {bulks.data && bulks.data.length > 0 && (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Начата</th>
                <th scope="col">Состояние</th>
                <th scope="col">Отправлено</th>
                <th scope="col">Заблокировано</th>
              </tr>
            </thead>
            <tbody>
              {bulks.data.map((bulk) => (
                <tr key={bulk.bulk_id}>
                  <td>
                    <Link to={`/bulk/${bulk.bulk_id}`}>
                      <Moment at={bulk.requested_at} />
                    </Link>
                  </td>
                  <td>{BULK_STATE[bulk.state]}</td>
                  <td>
                    {grouped(bulk.sent)} из {grouped(bulk.total)}
                  </td>
                  <td>{grouped(bulk.refused)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
