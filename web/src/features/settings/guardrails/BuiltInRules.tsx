/** The rules that every seller has, to read. */
import type { BuiltInRule, Severity } from "@/lib/api/types";
import styles from "./Guardrails.module.css";

export function BuiltInRules({ rules }: { rules: readonly BuiltInRule[] }) {
  return (
    <section className={styles.card} aria-labelledby="guardrails-built-in">
      <h2 id="guardrails-built-in">Общие правила</h2>
      <p className={styles.about}>Они действуют у всех. Исключения магазина снимают только часть из них.</p>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Общие правила, таблица">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Что не так</th>
              <th scope="col">Отзыв</th>
              <th scope="col">Вопрос</th>
              <th scope="col">Чат</th>
              <th scope="col">Исключения</th>
              <th scope="col">Что писать вместо</th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.type}>
                <th scope="row">{rule.message}</th>
                <td>{said(rule.review)}</td>
                <td>{said(rule.question)}</td>
                <td>{said(rule.chat)}</td>
                <td>{rule.is_liftable ? "можно" : "нельзя"}</td>
                <td>{rule.instead}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function said(severity: Severity | null): string {
  if (severity === null) return "не проверяется";
  return severity === "error" ? "не отправлять" : "предупреждать";
}
