/** Who works here, what each may do, and who is invited. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { ProblemNote } from "@/components/ProblemNote";
import styles from "@/features/settings/SettingsPage.module.css";
import { peopleQuery, rolesQuery } from "@/lib/api/people-queries";
import { InvitationsCard } from "./InvitationsCard";
import { PeopleCard } from "./PeopleCard";
import { RolesCard } from "./RolesCard";

export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const roles = useQuery(rolesQuery);
  const error = people.error ?? roles.error;
  const retry = () => {
    void people.refetch();
    void roles.refetch();
  };
  return (
    <div className={styles.page}>
      <p>
        <Link to="/settings">Настройки</Link>
      </p>
      <h1>Люди и роли</h1>
      {error && !(people.data && roles.data) && <ProblemNote error={error} onRetry={retry} />}
      {people.data && roles.data && (
        <>
          <PeopleCard people={people.data.items} roles={roles.data} />
          <InvitationsCard roles={roles.data} />
          <RolesCard roles={roles.data} />
        </>
      )}
    </div>
  );
}
