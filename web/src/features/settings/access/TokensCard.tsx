/** One's tokens for programs: made, shown once, and taken back. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { CopyButton } from "@/components/CopyButton";
import { Field } from "@/components/Field";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { PermissionBoxes } from "@/components/PermissionBoxes";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { tokensQuery } from "@/lib/api/people-queries";
import { asProblem } from "@/lib/api/problem";
import type { ApiToken, Me, Permission } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { PERMISSION } from "@/lib/permissions";
import { useMakeToken, useRevokeToken } from "./access";
import own from "./AccessPage.module.css";

const DAYS = [
  { value: "30", label: "30 дней" },
  { value: "90", label: "90 дней" },
  { value: "366", label: "Год" },
] as const;

export function TokensCard({ me }: { me: Me }) {
  const { data: list, error, refetch } = useQuery(tokensQuery);
  const [name, setName] = useState("");
  const [days, setDays] = useState<(typeof DAYS)[number]["value"]>("90");
  const [permissions, setPermissions] = useState<readonly Permission[]>([]);
  const make = useMakeToken();
  const refused = make.error ? asProblem(make.error) : undefined;
  const mayBeMade = name.trim() !== "" && permissions.length > 0;
  return (
    <section className={styles.card} aria-labelledby="tokens">
      <h2 id="tokens">Токены для программ</h2>
      <p className={styles.about}>
        По токену программа работает от вашего имени, но только с выбранными правами и не больше ваших. Смена
        пароля токены не отменяет: ненужные отзывайте.
      </p>
      {error && !list && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {list && list.items.length > 0 && (
        <ul className={own.sessions} aria-label="Ваши токены">
          {list.items.map((token) => (
            <Token key={token.token_id} token={token} />
          ))}
        </ul>
      )}
      <Form
        className={styles.wide ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          if (make.isPending || !mayBeMade) return;
          make.mutate(
            { name, days: Number(days), permissions: [...permissions] },
            {
              onSuccess: () => {
                setName("");
                setPermissions([]);
              },
            },
          );
        }}
      >
        <Field
          label="Для чего токен"
          placeholder="Например, выгрузка в 1С"
          maxLength={60}
          value={name}
          onChange={(typed) => {
            setName(typed);
            make.reset();
          }}
          error={refused?.field("name")}
        />
        <PermissionBoxes all={me.permissions} held={permissions} onChange={setPermissions} />
        <div className={styles.row}>
          <span className={styles.name}>Действует</span>
          <Choice label="Действует" value={days} options={DAYS} onChange={setDays} />
        </div>
        <div className={styles.row}>
          <Button weight="primary" type="submit" isPending={make.isPending} isDisabled={!mayBeMade}>
            Сделать токен
          </Button>
        </div>
        {make.error && <ProblemNote error={make.error} shownFields={["name"]} />}
      </Form>
      {make.data && (
        <Note tone="good" role="status" title="Токен готов: сохраните его сейчас">
          <p>Больше мы его не покажем. Передавайте его в заголовке Authorization: Bearer.</p>
          <p className={own.secret}>
            {make.data.access_token} <CopyButton text={make.data.access_token} label="Скопировать токен" />
          </p>
        </Note>
      )}
    </section>
  );
}

function Token({ token }: { token: ApiToken }) {
  const revoke = useRevokeToken(token.token_id);
  const isOver = Date.parse(token.expires_at) < useNow();
  return (
    <li aria-label={token.name}>
      <div className={own.session}>
        <span className={own.what}>
          <b>{token.name}</b>
          <br />
          <span className={styles.about}>
            {token.permissions.map((permission) => PERMISSION[permission]).join("; ")}.{" "}
            {isOver ? "Истёк" : "Действует до"} <Moment at={token.expires_at} isExact />.{" "}
            {token.last_used_at === null ? (
              "Ещё не использован."
            ) : (
              <>
                Последнее обращение: <Moment at={token.last_used_at} />.
              </>
            )}
          </span>
        </span>
        <Button isPending={revoke.isPending} onPress={() => revoke.mutate()}>
          Отозвать
        </Button>
      </div>
      {revoke.error && <ProblemNote error={revoke.error} />}
    </li>
  );
}
