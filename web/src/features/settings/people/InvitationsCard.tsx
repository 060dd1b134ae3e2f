/** Invites somebody, and shows whose invitation is open. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { CopyButton } from "@/components/CopyButton";
import { Field } from "@/components/Field";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { announce } from "@/lib/announce";
import { invitationsQuery } from "@/lib/api/people-queries";
import { asProblem } from "@/lib/api/problem";
import type { Invitation, RoleList } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { useInvite, useTakeBack } from "./people";
import { chosen, nameOf, options, ROLE } from "./words";
import own from "./People.module.css";

export function InvitationsCard({ roles }: { roles: RoleList }) {
  const { data: list, error, refetch } = useQuery(invitationsQuery);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("operator");
  const invite = useInvite();
  const refused = invite.error ? asProblem(invite.error) : undefined;
  const builtIn = chosen(role).role;
  return (
    <section className={styles.card} aria-labelledby="invitations">
      <h2 id="invitations">Пригласить</h2>
      <Form
        className={styles.wide ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          if (invite.isPending) return;
          invite.mutate(
            { email, ...chosen(role) },
            {
              onSuccess: () => {
                setEmail("");
                announce("Приглашение сделано");
              },
            },
          );
        }}
      >
        <Field
          label="Электронная почта"
          type="email"
          isRequired
          maxLength={254}
          value={email}
          onChange={(typed) => {
            setEmail(typed);
            invite.reset();
          }}
          error={refused?.field("email")}
        />
        <div className={styles.row}>
          <span className={styles.name}>Роль</span>
          <Choice label="Роль приглашённого" value={role} options={options(roles)} onChange={setRole} />
          {builtIn && <span className={styles.about}>{ROLE[builtIn].about}</span>}
        </div>
        <div className={styles.row}>
          <Button weight="primary" type="submit" isPending={invite.isPending}>
            Пригласить
          </Button>
        </div>
        {invite.error && <ProblemNote error={invite.error} shownFields={["email"]} />}
      </Form>
      {invite.data &&
        (invite.data.link === null ? (
          <Note tone="good" role="status" title="Приглашение отправлено">
            <p>Письмо со ссылкой ушло на {invite.data.email}. Ссылка действует неделю.</p>
          </Note>
        ) : (
          <Note tone="info" role="status" title="Передайте ссылку сами">
            <p>
              Письмо не отправлено{list?.mailed === false && ": почта здесь не настроена"}. Передайте ссылку
              человеку с адресом {invite.data.email}: она впускает того, кто её откроет, один раз в течение
              недели. Больше мы её не покажем.
            </p>
            <p className={own.secret}>
              {window.location.origin + invite.data.link}{" "}
              <CopyButton text={window.location.origin + invite.data.link} label="Скопировать ссылку" />
            </p>
          </Note>
        ))}
      {error && !list && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {list && list.items.length > 0 && (
        <ul className={own.list} aria-label="Приглашены">
          {list.items.map((invitation) => (
            <Open key={invitation.invitation_id} invitation={invitation} roles={roles} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Open({ invitation, roles }: { invitation: Invitation; roles: RoleList }) {
  const takeBack = useTakeBack(invitation.invitation_id);
  const isOver = Date.parse(invitation.expires_at) < useNow();
  return (
    <li aria-label={invitation.email}>
      <div className={own.entry}>
        <span className={own.what}>
          <b>{invitation.email}</b>, {nameOf(invitation, roles)}
          <br />
          <span className={styles.about}>
            {isOver ? "Ссылка истекла" : "Ссылка действует"} до <Moment at={invitation.expires_at} isExact />.
            Новое приглашение заменит её.
          </span>
        </span>
        <Button isPending={takeBack.isPending} onPress={() => takeBack.mutate()}>
          Отозвать
        </Button>
      </div>
      {takeBack.error && <ProblemNote error={takeBack.error} />}
    </li>
  );
}
