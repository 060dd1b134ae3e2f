/** A table of products or documents: chosen, looked at line by line, imported. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended, taken } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { KnowledgeImported } from "@/lib/api/types";
import { textOf } from "./table-file";
import styles from "./Knowledge.module.css";

/** Lines that are shown of a table; those that cannot be taken come first. */
const SHOWN_MAX = 50;

const CHANGE: Readonly<Record<KnowledgeImported["lines"][number]["change"], string>> = {
  added: "новая запись",
  changed: "изменится",
  unchanged: "без изменений",
  refused: "ошибка",
};

export function ImportPage() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const look = useMutation({
    mutationFn: async (file: File) => {
      const csv = await textOf(file);
      return { csv, told: await taken(api.POST("/api/v1/knowledge/import/preview", { body: { csv } })) };
    },
  });
  const take = useMutation({
    mutationFn: (csv: string) =>
      intended("knowledge import", { csv }, (key) =>
        api.POST("/api/v1/knowledge/import", {
          body: { csv },
          params: { header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.knowledgeLists }),
  });
  const told = look.data?.told;
  return (
    <div className={styles.page}>
      <p>
        <Link to="/knowledge">Знания</Link>
      </p>
      <h1>Загрузить таблицу</h1>
      <section className={styles.card} aria-labelledby="import-file">
        <h2 id="import-file">Файл CSV</h2>
        <p className={styles.about}>
          Товары: столбцы «Артикул» и «Название», по желанию «Артикулы площадок», «Цена», «Наличие»,
          «Описание», «Варианты», «Доставка», «Ссылка», «Теги»; любой другой столбец станет фактом о товаре.
          Документы: «Заголовок» и «Текст», по желанию «Тема» и «Теги». Несколько значений в ячейке разделяет
          знак |.
        </p>
        <div className={styles.bar}>
          <FileTrigger
            acceptedFileTypes={[".csv", ".tsv", ".txt"]}
            onSelect={(files) => {
              const file = files?.[0];
              if (file === undefined) return;
              setName(file.name);
              take.reset();
              look.mutate(file);
            }}
          >
            <Button isPending={look.isPending}>Выбрать файл</Button>
          </FileTrigger>
          {name !== "" && <span>{name}</span>}
        </div>
        {look.error && <ProblemNote error={look.error} />}
      </section>
      {told && look.data && (
        <section className={styles.card} aria-labelledby="import-told">
          <h2 id="import-told">Что изменится</h2>
          <p>
            Новых: {told.added}. Изменится: {told.changed}. Без изменений: {told.unchanged}. С ошибками:{" "}
            {told.refused}.
          </p>
          {told.refused > 0 && (
            <Note tone="bad" title="Таблица не загрузится, пока в ней есть ошибки">
              <p>Исправьте названные строки и выберите файл снова. Пока не сохранено ничего.</p>
            </Note>
          )}
          <div className={styles.bar}>
            <Button
              weight="primary"
              isDisabled={told.refused > 0 || take.isSuccess}
              isPending={take.isPending}
              onPress={() => take.mutate(look.data.csv)}
            >
              Загрузить
            </Button>
          </div>
          {take.error && <ProblemNote error={take.error} />}
          {take.data && (
            <Note
              tone="good"
              role="status"
              title={`Загружено: новых ${take.data.added}, изменено ${take.data.changed}`}
            />
          )}
          <Lines lines={told.lines} />
        </section>
      )}
    </div>
  );
}

function Lines({ lines }: { lines: KnowledgeImported["lines"] }) {
  const shown = [...lines]
    .sort((one, other) => Number(other.change === "refused") - Number(one.change === "refused"))
    .slice(0, SHOWN_MAX);
  return (
    <>
      <ul className={styles.list} aria-label="Строки таблицы">
        {shown.map((line) => (
          <li key={line.line}>
            <span className={styles.meta}>
              <span>строка {line.line}</span>
              <span className={line.change === "refused" ? styles.refused : undefined}>
                {CHANGE[line.change]}
              </span>
            </span>
            <span>{line.title}</span>
            {line.errors.map((error) => (
              <span key={error.field} className={styles.error}>
                {error.message}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {lines.length > shown.length && (
        <p className={styles.about}>Ещё строк без ошибок: {lines.length - shown.length}.</p>
      )}
    </>
  );
}
