/** What the draft's writer was given to read: each a way to the document, the product or the answer itself. */
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { asProblem } from "@/lib/api/problem";
import { knowledgeItemQuery } from "@/lib/api/knowledge-queries";
import { itemQuery } from "@/lib/api/queries";
import type { Draft } from "@/lib/api/types";
import { exampleWords, knowledgeWords, SOURCE_KIND } from "./source-words";
import styles from "./DraftBlock.module.css";

type Source = Draft["context"][number];

/** Titles hardly ever change. */
const TITLE_FRESH_MS = 60_000;

export function DraftSources({ sources }: { sources: readonly Source[] }) {
  if (sources.length === 0) return null;
  return (
    <div className={styles.sources}>
      <span aria-hidden="true">Основано на:</span>
      <ul aria-label="Основано на">
        {sources.map((source) => (
          <li key={`${source.kind} ${source.id}`}>
            {source.kind === "example" ? <Example source={source} /> : <Known source={source} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Known({ source: { kind, id, version } }: { source: Source }) {
  const item = useQuery({ ...knowledgeItemQuery(id), staleTime: TITLE_FRESH_MS });
  if (isGone(item.error)) return <Gone kind={kind} />;
  return (
    <Link to={`/knowledge/${id}`}>
      {item.data ? knowledgeWords(kind, item.data, version) : SOURCE_KIND[kind]}
    </Link>
  );
}

function Example({ source: { kind, id } }: { source: Source }) {
  // The list beside it stays as it is.
  const { search } = useLocation();
  const item = useQuery({ ...itemQuery(id), staleTime: TITLE_FRESH_MS });
  if (isGone(item.error) || item.data?.erased) return <Gone kind={kind} />;
  return (
    <Link to={{ pathname: `/queue/${id}`, search }}>
      {item.data ? exampleWords(item.data) : SOURCE_KIND[kind]}
    </Link>
  );
}

function Gone({ kind }: { kind: string }) {
  return <span>{SOURCE_KIND[kind]}: удалено</span>;
}

function isGone(error: unknown): boolean {
  return error !== null && asProblem(error).status === 404;
}
