/** What buyers complain about, by product, and whether more than before; each number opens those who complain. */
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { complaintsQuery } from "@/lib/api/quality-queries";
import type { Complaints } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { percent } from "@/lib/lineage";
import { Change, Count, nameOf, TopicTable } from "./ComplaintTables";
import { share, trendWords } from "./complaint-words";
import { DAYS, daysOf } from "./period";
import styles from "./Quality.module.css";

export function ComplaintsPage() {
  const [params] = useSearchParams();
  const days = daysOf(params);
  const complaints = useQuery(complaintsQuery(days));
  return (
    <div className={styles.page}>
      <h1>На что жалуются</h1>
      <p className={styles.about}>
        Жалоба — обращение, автор которого недоволен: 1–2 звезды, недовольные слова, или отзыв на три звезды,
        в котором названо, что не так. Считается по дню, когда покупатель написал; тема — по последним словам.
        За каждым числом — сами обращения.
      </p>
      <nav className={styles.bar} aria-label="Период">
        {DAYS.map((choice) => (
          <Link
            key={choice}
            to={`/complaints?days=${choice}`}
            aria-current={choice === days ? "page" : undefined}
          >
            {choice} дней
          </Link>
        ))}
      </nav>
      {complaints.error && <ProblemNote error={complaints.error} onRetry={() => void complaints.refetch()} />}
      {complaints.isPending && <Skeleton width="60%" />}
      {complaints.data && <Topics told={complaints.data} days={days} />}
      {complaints.data && <Products told={complaints.data} />}
    </div>
  );
}

function Topics({ told, days }: { told: Complaints; days: number }) {
  const { complaints, written } = told;
  return (
    <section className={styles.card} aria-label="Темы">
      <p>
        За {days} дней покупатели написали {grouped(written.count)}, из них жалуются{" "}
        <Count name="Жалобы" told={told} count={complaints.count} />
        {written.count > 0 && ` (${percent(share(complaints.count, written.count))})`}:{" "}
        {trendWords(complaints)}.
      </p>
      <TopicTable told={told} title="Темы" isCompared />
      <p className={styles.about}>
        Дни — по времени {told.zone}. Прошлый период — столько же дней перед этими.
      </p>
    </section>
  );
}

function Products({ told }: { told: Complaints }) {
  if (told.products.length === 0) return null;
  return (
    <section className={styles.card} aria-label="Товары">
      <table className={styles.table}>
        <caption>
          <h2>Товары</h2>
        </caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Жалоб</th>
            <th scope="col">К прошлому периоду</th>
            <th scope="col">На что</th>
          </tr>
        </thead>
        <tbody>
          {told.products.map((product) => (
            <tr key={product.article}>
              <th scope="row">
                {product.name ?? product.article} <small>{product.article}</small>
              </th>
              <td>
                <Count
                  name={product.name ?? product.article}
                  told={told}
                  count={product.count}
                  filters={{ product: product.article }}
                />
              </td>
              <Change trend={product} />
              <td>
                {product.topics
                  .filter((topic) => topic.count > 0)
                  .map((topic, index) => (
                    <span key={topic.intent}>
                      {index > 0 && ", "}
                      {nameOf(topic).toLowerCase()}:{" "}
                      <Count
                        name={`${product.name ?? product.article}, ${nameOf(topic).toLowerCase()}`}
                        told={told}
                        count={topic.count}
                        filters={{ product: product.article, intent: topic.intent }}
                      />
                    </span>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
