/** Comes in by the link of an invitation, with a password of one's own. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Link, useLocation } from "react-router";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { openInvitationQuery } from "@/lib/api/people-queries";
import { asProblem } from "@/lib/api/problem";
import { Doorway } from "./Doorway";
import { tokenOf, useAccept } from "./session";
import styles from "./Doorway.module.css";

export function JoinPage() {
  const token = tokenOf(useLocation().hash);
  const invitation = useQuery(openInvitationQuery(token));
  const [password, setPassword] = useState("");
  const accept = useAccept();
  const problem = accept.error ? asProblem(accept.error) : undefined;
  return (
    <Doorway title="Приглашение">
      {invitation.error && <ProblemNote error={invitation.error} />}
      {invitation.data && (
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            if (!accept.isPending) accept.mutate({ token, password });
          }}
        >
          <p>
            Вас приглашает «{invitation.data.seller}». Входить вы будете по адресу {invitation.data.email}.
          </p>
          <input
            type="hidden"
            name="username"
            autoComplete="username"
            value={invitation.data.email}
            readOnly
          />
          <Field
            label="Придумайте пароль"
            type="password"
            name="password"
            autoComplete="new-password"
            help="Не меньше 10 знаков."
            isRequired
            autoFocus
            maxLength={1024}
            value={password}
            onChange={(typed) => {
              setPassword(typed);
              accept.reset();
            }}
            error={problem?.field("password")}
          />
          {problem && <ProblemNote error={problem} shownFields={["password"]} />}
          <Button weight="primary" type="submit" isPending={accept.isPending}>
            Войти
          </Button>
        </Form>
      )}
      <p className={styles.other}>
        Уже есть вход? <Link to="/login">Войдите</Link>
      </p>
    </Doorway>
  );
}
