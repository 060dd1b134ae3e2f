/** What the roles let people do, and the seller's own roles. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { PermissionBoxes } from "@/components/PermissionBoxes";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { announce } from "@/lib/announce";
import { asProblem } from "@/lib/api/problem";
import type { Permission, RoleList, SellersRole } from "@/lib/api/types";
import { useMay } from "@/lib/may";
import { PERMISSION } from "@/lib/permissions";
import { useRemoveRole, useWriteRole } from "./people";
import { ROLE } from "./words";
import own from "./People.module.css";

export function RolesCard({ roles }: { roles: RoleList }) {
  const [open, setOpen] = useState<SellersRole | "new">();
  const close = () => setOpen(undefined);
  return (
    <section className={styles.card} aria-labelledby="roles">
      <h2 id="roles">Роли</h2>
      <ul className={own.list}>
        {roles.built_in.map(({ role }) => (
          <li key={role}>
            <b>{ROLE[role].name}</b>: {ROLE[role].about}.
          </li>
        ))}
        {roles.own.map((role) => (
          <Own key={role.role_id} role={role} onChange={() => setOpen(role)} />
        ))}
      </ul>
      <div className={styles.row}>
        <Button onPress={() => setOpen("new")}>Добавить свою роль</Button>
      </div>
      <Dialog title={open === "new" ? "Новая роль" : "Роль"} isOpen={open !== undefined} onClose={close}>
        {open !== undefined && (
          <RoleForm role={open === "new" ? undefined : open} roles={roles} onDone={close} />
        )}
      </Dialog>
    </section>
  );
}

interface OwnProps {
  role: SellersRole;
  onChange: () => void;
}

function Own({ role, onChange }: OwnProps) {
  const remove = useRemoveRole(role.role_id);
  return (
    <li aria-label={role.name}>
      <div className={own.entry}>
        <span className={own.what}>
          <b>{role.name}</b>
          <br />
          <span className={styles.about}>
            {role.permissions.map((permission) => PERMISSION[permission]).join("; ")}
          </span>
        </span>
        <span className={own.actions}>
          <Button onPress={onChange}>Изменить</Button>
          <Button
            isPending={remove.isPending}
            onPress={() => remove.mutate(undefined, { onSuccess: () => announce("Роль удалена") })}
          >
            Удалить
          </Button>
        </span>
      </div>
      {remove.error && <ProblemNote error={remove.error} />}
    </li>
  );
}

interface RoleFormProps {
  role: SellersRole | undefined;
  roles: RoleList;
  onDone: () => void;
}

function RoleForm({ role, roles, onDone }: RoleFormProps) {
  const [name, setName] = useState(role?.name ?? "");
  const [permissions, setPermissions] = useState<readonly Permission[]>(
    role?.permissions ?? ["view_interactions"],
  );
  const may = useMay();
  const write = useWriteRole(role?.role_id);
  const refused = write.error ? asProblem(write.error) : undefined;
  return (
    <Form
      className={styles.wide ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (write.isPending || permissions.length === 0) return;
        write.mutate(
          { name, permissions: [...permissions] },
          {
            onSuccess: () => {
              announce("Роль сохранена");
              onDone();
            },
          },
        );
      }}
    >
      <Field
        label="Название"
        isRequired
        autoFocus
        maxLength={60}
        value={name}
        onChange={(typed) => {
          setName(typed);
          write.reset();
        }}
        error={refused?.field("name")}
      />
      <PermissionBoxes
        all={roles.permissions.map(({ permission }) => permission).filter(may)}
        held={permissions}
        onChange={setPermissions}
      />
      {write.error && <ProblemNote error={write.error} shownFields={["name"]} />}
      <div className={styles.row}>
        <Button
          weight="primary"
          type="submit"
          isPending={write.isPending}
          isDisabled={permissions.length === 0}
        >
          Сохранить
        </Button>
        <Button onPress={onDone}>Отмена</Button>
      </div>
    </Form>
  );
}
