/** One week of answers on a few sheets of paper: to be read, printed, or saved as PDF and forwarded. */
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, Printer } from "lucide-react";
import { useEffect } from "react";
import { Link, useSearchParams } from "react-router";
import { BarChart } from "@/components/BarChart";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { meQuery, slaQuery } from "@/lib/api/queries";
import type { ReplyGroup } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { dayIn } from "@/lib/days";
import { exactTimeIn } from "@/lib/format/time";
import { Causes, Groups } from "./AnswerTables";
import { ClosedWeekCard } from "./ClosedWeekCard";
import { TopicTable } from "./ComplaintTables";
import { BY } from "./metric-words";
import { datesOf } from "./period";
import { ReportHeadlines } from "./ReportHeadlines";
import { ANSWERED, barsOf, IN_TIME, WAITED } from "./report-days";
import { useReport, type Report } from "./report";
import { isEmpty } from "./report-words";
import { weekAfter, weekBefore, weekOf, type Week } from "./week";
import quality from "./Quality.module.css";
import styles from "./Report.module.css";

/** So many rows of each table, so that a report stays a few sheets. */
const ROWS_MAX = 10;

const TABLES = ["marketplace", "account", "operator", "product"] as const;

export function ReportPage() {
  const [params] = useSearchParams();
  const sla = useQuery(slaQuery);
  const now = useNow();
  const today = sla.data && dayIn(sla.data.sla.zone, now);
  return (
    <div className={quality.page}>
      {sla.error && <ProblemNote error={sla.error} onRetry={() => void sla.refetch()} />}
      {sla.isPending && <Skeleton width="60%" />}
      {today !== undefined && <OfWeek week={weekOf(params, today)} today={today} />}
    </div>
  );
}

function OfWeek({ week, today }: { week: Week; today: string }) {
  const { report, error, refetch } = useReport(week);
  const seller = useQuery(meQuery).data?.seller.name;
  const title = `Отчёт за неделю ${datesOf(week)}`;
  usePrintedTitle(title);
  return (
    <>
      <header className={styles.header}>
        <div>
          <h1>Отчёт за неделю</h1>
          <p className={styles.week}>{datesOf(week)}</p>
          <p className={quality.about}>{seller}</p>
        </div>
        <Button
          weight="primary"
          icon={<Printer size={15} />}
          isDisabled={report === null}
          onPress={() => print()}
        >
          Печать или PDF
        </Button>
      </header>
      <Weeks week={week} today={today} />
      {error && <ProblemNote error={error} onRetry={refetch} />}
      {report === null && error === null && <Skeleton width="60%" />}
      {report !== null && <Sheets report={report} week={week} today={today} />}
    </>
  );
}

/** The way to the weeks beside this one; none leads to a week that has not begun. */
function Weeks({ week, today }: { week: Week; today: string }) {
  const [before, after] = [weekBefore(week), weekAfter(week)];
  return (
    <nav className={`${quality.bar} ${styles.weeks}`} aria-label="Неделя">
      <Link to={`/quality/report?from=${before.from}`}>
        <ArrowLeft size={14} aria-hidden="true" /> Предыдущая неделя
      </Link>
      {after.from <= today && (
        <Link to={`/quality/report?from=${after.from}`}>
          Следующая неделя <ArrowRight size={14} aria-hidden="true" />
        </Link>
      )}
      <Link to="/answers">Качество ответов</Link>
    </nav>
  );
}

function Sheets({ report, week, today }: { report: Report; week: Week; today: string }) {
  const { total, groups, complaints } = report;
  return (
    <>
      {!week.isOver && (
        <Note tone="info" title="Неделя ещё идёт">
          <p>Посчитано то, что уже есть; количества с прошлой, целой неделей не сравниваются.</p>
        </Note>
      )}
      {isEmpty(total) && <Note tone="info" title="За эту неделю об ответах ничего не посчитано" />}
      <ReportHeadlines told={report} week={week} />
      {!isEmpty(total) && <Days groups={groups.day} week={week} today={today} />}
      {TABLES.map((by) => (
        <Table key={by} report={report} by={by} week={week} />
      ))}
      {complaints.topics.length > 0 && (
        <section className={quality.card} aria-label="На что жалуются">
          <TopicTable told={complaints} title="На что жалуются" isCompared={week.isOver} />
        </section>
      )}
      {total.failures.length > 0 && (
        <section className={quality.card} aria-labelledby="failures">
          <h2 id="failures">Почему отправка не удалась</h2>
          <Causes figures={total} days={week} />
        </section>
      )}
      {week.isOver && <ClosedWeekCard from={week.from} version={report.version} />}
      <Foot report={report} />
    </>
  );
}

interface DaysProps {
  groups: readonly ReplyGroup[];
  week: Week;
  today: string;
}

function Days({ groups, week, today }: DaysProps) {
  return (
    <section className={`${quality.card} ${styles.days}`} aria-label={BY.day}>
      <BarChart title="Отвечено" bars={barsOf(groups, week, today, ANSWERED)} />
      <BarChart title="Ответили в срок" bars={barsOf(groups, week, today, IN_TIME)} most={100} />
      <BarChart title="Первый ответ у половины" bars={barsOf(groups, week, today, WAITED)} />
    </section>
  );
}

function Table({ report, by, week }: { report: Report; by: (typeof TABLES)[number]; week: Week }) {
  const groups = report.groups[by];
  if (groups.length === 0) return null;
  return (
    <Groups groups={groups.slice(0, ROWS_MAX)} by={by} days={week}>
      {groups.length > ROWS_MAX && (
        <p className={quality.about}>Показаны {ROWS_MAX}, у которых ответов больше всего.</p>
      )}
    </Groups>
  );
}

function Foot({ report: { from, to, zone, version, toldAt } }: { report: Report }) {
  return (
    <section className={styles.foot} aria-label="Как посчитано">
      <p>
        Неделя {datesOf({ from, to })}, дни — по времени {zone}. Площадки, кабинеты и каналы — все, без
        фильтров.
      </p>
      <p>
        Числа на {exactTimeIn(zone, toldAt)} по времени {zone}; что станет известно позже, изменит и их.
        Определения показателей — версия {version}.
      </p>
    </section>
  );
}

/** Gives the sheets, and the file that they are saved as, a name of their own. */
function usePrintedTitle(title: string) {
  useEffect(() => {
    let usual = document.title;
    const begin = () => {
      usual = document.title;
      document.title = title;
    };
    const end = () => {
      document.title = usual;
    };
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, [title]);
}
