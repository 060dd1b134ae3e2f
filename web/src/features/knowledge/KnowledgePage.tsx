/** What the seller knows: what a buyer's question would find, and the list of documents and products. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { BookOpen, Plus, Search } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link, useSearchParams } from "react-router";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Field } from "@/components/Field";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { api, taken } from "@/lib/api/client";
import { knowledgeQuery } from "@/lib/api/knowledge-queries";
import { KIND, KINDS, type KindChoice } from "./knowledge-words";
import styles from "./Knowledge.module.css";

function isKind(text: string | null): text is KindChoice {
  return KINDS.some(({ value }) => value === text);
}

export function KnowledgePage() {
  const [params, setParams] = useSearchParams();
  const asked = params.get("kind");
  const kind = isKind(asked) ? asked : "all";
  return (
    <div className={styles.page}>
      <h1>Знания</h1>
      <p className={styles.about}>
        Черновики ответов опираются на документы и товары отсюда. Чего здесь нет, того черновик не пообещает.
      </p>
      <nav className={styles.bar} aria-label="Знания">
        <Link to="/knowledge/new/document">
          <Plus size={14} aria-hidden="true" /> Документ
        </Link>
        <Link to="/knowledge/new/product">
          <Plus size={14} aria-hidden="true" /> Товар
        </Link>
        <Link to="/knowledge/import">Загрузить таблицу</Link>
        <Link to="/knowledge/questions">Вопросы без ответа</Link>
      </nav>
      <Finder />
      <section className={styles.card} aria-labelledby="knowledge-list">
        <div className={styles.bar}>
          <h2 id="knowledge-list">Записи</h2>
          <Choice
            label="Какие записи"
            value={kind}
            options={KINDS}
            onChange={(value) => setParams(value === "all" ? {} : { kind: value }, { replace: true })}
            isActive={kind !== "all"}
          />
        </div>
        <Items kind={kind} />
      </section>
    </div>
  );
}

/** Shows what a buyer's words would find. */
function Finder() {
  const [query, setQuery] = useState("");
  const [article, setArticle] = useState("");
  const find = useMutation({
    mutationFn: () =>
      taken(
        api.POST("/api/v1/knowledge/search", {
          body: { query: query.trim(), article: article.trim() || null },
        }),
      ),
  });
  const isReady = query.trim() !== "" && !find.isPending;
  return (
    <Form
      className={styles.card ?? ""}
      aria-labelledby="knowledge-find"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) find.mutate();
      }}
    >
      <h2 id="knowledge-find">Проверить поиск</h2>
      <div className={styles.fields}>
        <Field label="Вопрос покупателя" value={query} maxLength={5000} onChange={setQuery} />
        <Field
          label="Артикул товара"
          help="Если вопрос о товаре: чужие товары не найдутся."
          value={article}
          maxLength={200}
          onChange={setArticle}
        />
      </div>
      <div>
        <Button type="submit" icon={<Search size={14} />} isPending={find.isPending} isDisabled={!isReady}>
          Найти
        </Button>
      </div>
      {find.error && <ProblemNote error={find.error} />}
      {find.data?.passages.length === 0 && (
        <p role="status">Ничего не нашлось. Добавьте документ с ответом на такой вопрос.</p>
      )}
      {find.data && find.data.passages.length > 0 && (
        <ol className={styles.list} aria-label="Найдено">
          {find.data.passages.map((passage) => (
            <li key={`${passage.knowledge_id} ${passage.ordinal}`}>
              <span className={styles.meta}>
                <span>{KIND[passage.kind] ?? passage.kind}</span>
                <span>совпало слов вопроса: {passage.covers_percent} %</span>
                <span>версия {passage.version}</span>
              </span>
              <Link to={`/knowledge/${passage.knowledge_id}`}>{passage.title}</Link>
              <span className={styles.text}>{passage.text}</span>
            </li>
          ))}
        </ol>
      )}
    </Form>
  );
}

function Items({ kind }: { kind: KindChoice }) {
  const list = useInfiniteQuery(knowledgeQuery(kind === "all" ? {} : { kind }));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) {
    return (
      <Delayed>
        <Empty icon={<Spinner size={24} />} title="Загрузка..." />
      </Delayed>
    );
  }
  return (
    <>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.error && items.length === 0 && (
        <Empty icon={<BookOpen size={24} />} title="Записей пока нет">
          <p>Добавьте документ о возврате или доставке либо загрузите таблицу товаров.</p>
        </Empty>
      )}
      {items.length > 0 && (
        <ul className={styles.list} aria-label="Записи">
          {items.map((item) => (
            <li key={item.knowledge_id}>
              <span className={styles.meta}>
                <span>{KIND[item.kind] ?? item.kind}</span>
                {item.articles.length > 0 && <span>{item.articles.join(", ")}</span>}
                <span>версия {item.version}</span>
                <Moment at={item.updated_at} />
              </span>
              <Link to={`/knowledge/${item.knowledge_id}`}>{item.title}</Link>
              <span className={styles.cut}>{item.begins}</span>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div>
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            Показать ещё
          </Button>
        </div>
      )}
    </>
  );
}
