/** What drafts were worth: figures of a period, each with the list behind it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { draftQualityQuery } from "@/lib/api/quality-queries";
import type { Channel, DraftFigures, DraftGroup, DraftQuality, DraftSource, Intent } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { percent } from "@/lib/lineage";
import { CHANNELS, INTENT, WRITER } from "@/lib/words";
import { DAYS, daysOf } from "./period";
import { figuresOf } from "./quality-words";
import styles from "./Quality.module.css";

export function QualityPage() {
  const [params] = useSearchParams();
  const days = daysOf(params);
  const quality = useQuery(draftQualityQuery(days));
  return (
    <div className={styles.page}>
      <h1>Качество черновиков</h1>
      <p className={styles.about}>
        Что стало с черновиками: ушли как есть, с правкой, вместо них написали другое или их отклонили. Правка
        — доля изменённых знаков; если изменено больше половины, это уже другой текст. Всё, что можно
        разобрать, — в <Link to="/learning">очереди обучения</Link>. Как справилась бы другая модель, покажет{" "}
        <Link to="/comparisons">сравнение моделей</Link>.
      </p>
      <nav className={styles.bar} aria-label="Период">
        {DAYS.map((choice) => (
          <Link
            key={choice}
            to={`/quality?days=${choice}`}
            aria-current={choice === days ? "page" : undefined}
          >
            {choice} дней
          </Link>
        ))}
      </nav>
      {quality.error && <ProblemNote error={quality.error} onRetry={() => void quality.refetch()} />}
      {quality.isPending && <Skeleton width="60%" />}
      {quality.data && <Told quality={quality.data} days={days} />}
    </div>
  );
}

function Told({ quality, days }: { quality: DraftQuality; days: number }) {
  return (
    <>
      <Total figures={quality.total} days={days} />
      <Groups
        title="По каналам"
        days={days}
        groups={quality.by_channel}
        name={({ key }) => CHANNELS[key as Channel]}
        filter={({ key }) => `channel=${key}`}
      />
      <Groups
        title="По темам"
        days={days}
        groups={quality.by_intent}
        name={({ key }) => INTENT[key as Intent]}
        filter={({ key }) => `intent=${key}`}
      />
      <Groups
        title="Кто написал черновик"
        days={days}
        groups={quality.by_source}
        name={({ key }) => WRITER[key as DraftSource]}
        filter={({ key }) => `source=${key}`}
      />
      <Groups
        title="По моделям и версиям подсказки"
        days={days}
        groups={quality.by_model}
        name={({ key, prompt_version }) => `${key}, подсказка ${prompt_version ?? "—"}`}
        filter={({ key, prompt_version }) =>
          new URLSearchParams({ model: key, prompt_version: String(prompt_version ?? 0) }).toString()
        }
      />
      <Knowledge quality={quality} days={days} />
      <Days quality={quality} />
    </>
  );
}

function Total({ figures, days }: { figures: DraftFigures; days: number }) {
  const shares = [
    ["без правок", figures.accept_percent],
    ["с правкой", figures.edit_percent],
    ["вручную", figures.manual_percent],
  ] as const;
  return (
    <section className={styles.card} aria-labelledby="total">
      <h2 id="total">Всего за {days} дней</h2>
      <p>
        Ответов людей:{" "}
        <b>
          <Count name="Ответов людей" count={figures.replies} filter="figure=replies" days={days} />
        </b>
        {shares.map(([name, share]) => share !== null && ` · ${name} ${percent(share)}`)}
        {figures.median_changed_percent !== null &&
          ` · обычная правка ${percent(figures.median_changed_percent)}`}
        {figures.slightly_edited > 0 && (
          <>
            {" · с малой правкой, до четверти знаков: "}
            <Count
              name="С малой правкой"
              count={figures.slightly_edited}
              filter="figure=slightly_edited"
              days={days}
            />
          </>
        )}
      </p>
      <dl className={styles.figures}>
        {figuresOf(figures).map(({ name, count, filter, isBad }) => (
          <div key={name} className={isBad && count > 0 ? styles.bad : undefined}>
            <dt>{name}</dt>
            <dd>
              <Count name={name} count={count} filter={filter} days={days} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A number and the way to its list. */
function Count({ name, count, filter, days }: { name: string; count: number; filter: string; days: number }) {
  if (count === 0) return <>0</>;
  return (
    <Link to={`/quality/items?days=${days}&${filter}`} aria-label={`${name}: ${count}`}>
      {grouped(count)}
    </Link>
  );
}

interface GroupsProps {
  title: string;
  days: number;
  groups: readonly DraftGroup[];
  name: (group: DraftGroup) => string;
  filter: (group: DraftGroup) => string;
}

/** A table of groups; the outcomes that have a column are those that tell what people thought. */
function Groups({ title, days, groups, name, filter }: GroupsProps) {
  if (groups.length === 0) return null;
  return (
    <section className={styles.card} aria-label={title}>
      <table className={styles.table}>
        <caption>
          <h2>{title}</h2>
        </caption>
        <thead>
          <tr>
            <td />
            <th scope="col">Без правок</th>
            <th scope="col">С правкой</th>
            <th scope="col">Другой текст</th>
            <th scope="col">Отклонены</th>
            <th scope="col">Без черновика</th>
            <th scope="col">Обычная правка</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={`${group.key} ${group.prompt_version ?? ""}`}>
              <th scope="row">{name(group)}</th>
              {figuresOf(group.figures)
                .slice(0, 5)
                .map((figure) => (
                  <td key={figure.name}>
                    <Count
                      name={`${name(group)}, ${figure.name.toLowerCase()}`}
                      count={figure.count}
                      filter={`${filter(group)}&${figure.filter}`}
                      days={days}
                    />
                  </td>
                ))}
              <td>
                {group.figures.median_changed_percent === null
                  ? "—"
                  : percent(group.figures.median_changed_percent)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Knowledge({ quality, days }: { quality: DraftQuality; days: number }) {
  if (quality.knowledge.length === 0) return null;
  return (
    <section className={styles.card} aria-label="Какие знания ведут к правкам">
      <table className={styles.table}>
        <caption>
          <h2>Какие знания ведут к правкам</h2>
        </caption>
        <thead>
          <tr>
            <th scope="col">Документ или товар</th>
            <th scope="col">Черновиков</th>
            <th scope="col">Из них неудачных</th>
            <th scope="col">Средняя правка</th>
          </tr>
        </thead>
        <tbody>
          {quality.knowledge.map((item) => (
            <tr key={item.item_id}>
              <th scope="row">
                {item.title === null ? (
                  "Удалённая запись"
                ) : (
                  <Link to={`/knowledge/${item.item_id}`}>{item.title}</Link>
                )}
              </th>
              <td>
                <Count
                  name={`${item.title ?? "Удалённая запись"}, черновиков`}
                  count={item.drafts}
                  filter={`figure=judged&knowledge_id=${item.item_id}`}
                  days={days}
                />
              </td>
              <td>
                <Count
                  name={`${item.title ?? "Удалённая запись"}, неудачных`}
                  count={item.not_good}
                  filter={`figure=not_good&knowledge_id=${item.item_id}`}
                  days={days}
                />
              </td>
              <td>{item.mean_changed_percent === null ? "—" : percent(item.mean_changed_percent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Days({ quality }: { quality: DraftQuality }) {
  if (quality.by_day.length === 0) return null;
  return (
    <section className={styles.card} aria-label="По дням">
      <table className={styles.table}>
        <caption>
          <h2>По дням</h2>
        </caption>
        <thead>
          <tr>
            <th scope="col">День</th>
            <th scope="col">Ответов людей</th>
            <th scope="col">Без правок</th>
            <th scope="col">С правкой</th>
            <th scope="col">Вручную</th>
          </tr>
        </thead>
        <tbody>
          {quality.by_day.map(({ key, figures }) => (
            <tr key={key}>
              <th scope="row">{key.split("-").reverse().join(".")}</th>
              <td>{grouped(figures.replies)}</td>
              {[figures.accept_percent, figures.edit_percent, figures.manual_percent].map((share, at) => (
                <td key={at}>{share === null ? "—" : percent(share)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
