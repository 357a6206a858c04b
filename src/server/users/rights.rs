//! Who may do what to whom on this server. Rooms have rights of their own.

use crate::wire::{Problem, UserId, membership::ServerRole};

/// Somebody, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub user: UserId,
    pub role: ServerRole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    ChangeRole(ServerRole),
    /// Remove, ban, or take back again.
    EndOrReadmit,
    ResetPassword,
}

/// Admins govern members, the owner governs everybody; nobody touches the owner's
/// role, and only the owner makes and unmakes admins.
///
/// # Errors
/// `NotAllowed`.
pub fn demand(actor: Standing, target: Standing, deed: Deed) -> Result<(), Problem> {
    let other = actor.user != target.user;
    let governs = match actor.role {
        ServerRole::Owner => true,
        ServerRole::Admin => target.role == ServerRole::Member,
        ServerRole::Member => false,
    };
    let allowed = match deed {
        Deed::ChangeRole(to) => actor.role == ServerRole::Owner && other && to != ServerRole::Owner,
        Deed::EndOrReadmit => governs && other,
        Deed::ResetPassword => governs,
    };
    if allowed { Ok(()) } else { Err(Problem::NotAllowed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServerRole::{Admin, Member, Owner};

    fn somebody(number: u8, role: ServerRole) -> Standing {
        Standing {
            user: UserId::from_bytes([number; 16]),
            role,
        }
    }

    #[test]
    fn admins_govern_members_and_the_owner_governs_all() {
        let table = [
            (Owner, Admin, true),
            (Owner, Member, true),
            (Admin, Owner, false),
            (Admin, Admin, false),
            (Admin, Member, true),
            (Member, Owner, false),
            (Member, Admin, false),
            (Member, Member, false),
        ];
        for (actor, target, allowed) in table {
            for deed in [Deed::EndOrReadmit, Deed::ResetPassword] {
                let answer = demand(somebody(1, actor), somebody(2, target), deed);
                assert_eq!(answer.is_ok(), allowed, "{actor:?} {target:?} {deed:?}");
            }
        }
    }

    #[test]
    fn only_the_owner_makes_admins_and_nobody_makes_an_owner() {
        for actor in [Owner, Admin, Member] {
            for to in [Owner, Admin, Member] {
                let answer = demand(somebody(1, actor), somebody(2, Member), Deed::ChangeRole(to));
                assert_eq!(answer.is_ok(), actor == Owner && to != Owner, "{actor:?} {to:?}");
            }
        }
    }

    #[test]
    fn nobody_ends_or_changes_themselves_but_the_owner_may_make_a_link_for_their_own_password() {
        for role in [Owner, Admin, Member] {
            let me = somebody(1, role);
            assert!(demand(me, me, Deed::EndOrReadmit).is_err());
            assert!(demand(me, me, Deed::ChangeRole(Member)).is_err());
            assert_eq!(demand(me, me, Deed::ResetPassword).is_ok(), role == Owner);
        }
    }
}
