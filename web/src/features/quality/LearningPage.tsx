/** What there is most to learn from, and the samples as a file. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { ProblemNote } from "@/components/ProblemNote";
import { api, taken } from "@/lib/api/client";
import { learningQuery } from "@/lib/api/quality-queries";
import { saveFile } from "@/lib/save";
import { JudgedList } from "./JudgedList";
import styles from "./Quality.module.css";

export function LearningPage() {
  const list = useInfiniteQuery(learningQuery);
  const samples = useMutation({
    mutationFn: async () => {
      const call = api.GET("/api/v1/learning/export", { parseAs: "blob" });
      saveFile(await taken(call), "agentiq-samples.jsonl");
    },
  });
  return (
    <div className={styles.page}>
      <p>
        <Link to="/quality">Качество черновиков</Link>
      </p>
      <h1>Очередь обучения</h1>
      <p className={styles.about}>
        Сначала то, на чём есть чему учиться. 60 баллов — черновик отклонили или написали вместо него другое;
        за правку — по её размеру. Ещё по 10 — за каждый из двух прежних отклонённых черновиков и 20 — за то,
        что модель не нашла ничего в знаниях. Общего ответа многим здесь нет: он не о черновике.
      </p>
      <div className={styles.bar}>
        <Button isPending={samples.isPending} onPress={() => samples.mutate()}>
          Скачать примеры за 30 дней
        </Button>
        <span className={styles.about}>
          Вопрос, черновик и ответ — построчно, JSON. Имена, контакты и адреса скрыты.
        </span>
      </div>
      {samples.error && <ProblemNote error={samples.error} />}
      <JudgedList list={list} empty="Учиться пока не на чем" hasScores />
    </div>
  );
}
