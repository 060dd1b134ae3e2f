/** The drafts and replies behind a number. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { judgedQuery } from "@/lib/api/quality-queries";
import { judgedFilters } from "./filters";
import { JudgedList } from "./JudgedList";
import { daysOf } from "./period";
import styles from "./Quality.module.css";

export function JudgedPage() {
  const [params] = useSearchParams();
  const days = daysOf(params);
  const list = useInfiniteQuery(judgedQuery(days, judgedFilters(params)));
  return (
    <div className={styles.page}>
      <p>
        <Link to={`/quality?days=${days}`}>Качество черновиков</Link>
      </p>
      <h1>Черновики и ответы за {days} дней</h1>
      <JudgedList list={list} empty="Таких черновиков нет" />
    </div>
  );
}
