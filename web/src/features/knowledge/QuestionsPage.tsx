/** Questions that nothing known answers: what is worth writing down next. */
import { useQuery } from "@tanstack/react-query";
import { MessageCircleQuestion } from "lucide-react";
import { Link } from "react-router";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { unansweredQuery } from "@/lib/api/knowledge-queries";
import type { UnansweredQuestion } from "@/lib/api/types";
import { begunWith } from "./knowledge-words";
import styles from "./Knowledge.module.css";

export function QuestionsPage() {
  const asked = useQuery(unansweredQuery);
  return (
    <div className={styles.page}>
      <p>
        <Link to="/knowledge">Знания</Link>
      </p>
      <h1>Вопросы без ответа</h1>
      <p className={styles.about}>
        Последние вопросы и сообщения в чатах, на которые в знаниях нет ответа. Вопрос уйдёт отсюда, как
        только ответ появится в документе или у товара.
      </p>
      {asked.error && <ProblemNote error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && (
        <Delayed>
          <Empty icon={<Spinner size={24} />} title="Загрузка..." />
        </Delayed>
      )}
      {asked.data?.items.length === 0 && (
        <Empty icon={<MessageCircleQuestion size={24} />} title="Таких вопросов нет" />
      )}
      {asked.data && asked.data.items.length > 0 && (
        <ul className={styles.list} aria-label="Вопросы без ответа">
          {asked.data.items.map((question) => (
            <li key={question.interaction_id}>
              <Question question={question} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Question({ question }: { question: UnansweredQuestion }) {
  return (
    <>
      <span className={styles.meta}>
        <Moment at={question.occurred_at} />
        {question.product_name !== "" && <span>{question.product_name}</span>}
        {question.product_article !== "" && <span>{question.product_article}</span>}
      </span>
      <Link to={`/queue/${question.interaction_id}`}>{question.question}</Link>
      {question.answer !== null && <span className={styles.cut}>Ответили: {question.answer}</span>}
      {/* What people wrote stands in no URL: those are kept by browsers and written down by servers. */}
      <Link to="/knowledge/new/document" state={begunWith(question)}>
        Добавить в знания
      </Link>
    </>
  );
}
