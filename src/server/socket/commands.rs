//! Commands: the pace, one verb, the answer.

use super::lanes::Asked;
use crate::{
    server::{
        app::App,
        away,
        error::{Error, Result},
        hub::Ending,
        memberships, messages, rooms,
        sessions::Signed,
        writer::{self, Sent},
    },
    wire::{
        ClientKey, Command, Millis, Problem, ServerItem, command,
        event::{Accepted, Acknowledged, Rejected, TooFast},
    },
};

/// What a command comes to on its own connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    Item(Box<ServerItem>),
    /// A message was stored. Its event carries its key, and tells its author.
    Stored(Accepted),
    /// There is nothing to say.
    Nothing,
    /// The session has ended.
    End(Ending),
}

/// Carries a command out.
pub async fn obey(app: &App, who: &Signed, asked: &Asked) -> Reply {
    match (&asked.command, asked.command.client_key()) {
        (Command::Send(send), _) => say(app, who, send).await,
        (command, Some(key)) => once(app, who, key, command).await,
        (command, None) => keyless(app, who, command, asked.number).await,
    }
}

/// A message. The pace comes first, and who sends what is known gets it back: a look
/// for the key before every message would cost as much as the message.
async fn say(app: &App, who: &Signed, send: &command::Send) -> Reply {
    let pace = app.paces.take(who.user(), &app.limits, app.ambience.now());
    if let Err(retry_after) = pace {
        match is_known(app, who, send.client_key).await {
            Ok(true) => {}
            Ok(false) => return too_fast(send.client_key, retry_after),
            Err(error) => return refusal(send.client_key, &error),
        }
    }
    match messages::send(app, who, send).await {
        Ok(Sent { accepted, again: true }) => {
            if pace.is_ok() {
                app.paces.give_back(who.user());
            }
            said(ServerItem::Accepted(accepted))
        }
        Ok(Sent { accepted, again: false }) => Reply::Stored(accepted),
        Err(error) => refusal(send.client_key, &error),
    }
}

/// Another command with a key. The key is looked up before the pace, which costs one more
/// indexed read: an outbox that comes again after a cut would else be paid for twice,
/// and what is behind it would wait. Entries of these do not carry the key, so who sent
/// one is always answered.
async fn once(app: &App, who: &Signed, client_key: ClientKey, command: &Command) -> Reply {
    let is_known = match is_known(app, who, client_key).await {
        Ok(is_known) => is_known,
        Err(error) => return refusal(client_key, &error),
    };
    if !is_known && let Err(retry_after) = app.paces.take(who.user(), &app.limits, app.ambience.now()) {
        return too_fast(client_key, retry_after);
    }
    match carry_out(app, who, command).await {
        Ok(Some(accepted)) => said(ServerItem::Accepted(accepted)),
        Ok(None) => Reply::Nothing,
        Err(error) => refusal(client_key, &error),
    }
}

/// A command without a client key sets a value of which only the latest counts. It waits for
/// its turn here and not at the client; its connection, which is read no further than a few
/// commands ahead, waits with it. The client sends it again until it is acknowledged or
/// refused, also where nothing changed. Clients of level 1 give it no number and get no answer.
async fn keyless(app: &App, who: &Signed, command: &Command, number: Option<u32>) -> Reply {
    while let Err(wait) = app.paces.take(who.user(), &app.limits, app.ambience.now()) {
        let turn = Millis(app.ambience.now().0.saturating_add(wait.0));
        app.ambience.clock.sleep_until(turn).await;
    }
    let problem = match carry_out(app, who, command).await {
        Ok(_) => None,
        Err(Error::Problem(Problem::SignedOut)) => return Reply::End(Ending::SignedOut),
        Err(error) => {
            log(&error);
            Some(error.told())
        }
    };
    number.map_or(Reply::Nothing, |number| said(acknowledged(number, problem)))
}

pub fn acknowledged(number: u32, problem: Option<Problem>) -> ServerItem {
    ServerItem::Acknowledged(Acknowledged { number, problem })
}

async fn carry_out(app: &App, who: &Signed, command: &Command) -> Result<Option<Accepted>> {
    match command {
        Command::Send(command) => messages::send(app, who, command).await.map(|sent| Some(sent.accepted)),
        Command::CreateRoom(command) => rooms::create(app, who, command).await.map(Some),
        Command::OpenDirect(command) => rooms::open_direct(app, who, command).await.map(Some),
        Command::Join(command) => memberships::join(app, who, command).await.map(Some),
        Command::Leave(command) => memberships::leave(app, who, command).await.map(Some),
        Command::AddPerson(command) => memberships::add(app, who, command).await.map(Some),
        Command::RemovePerson(command) => memberships::remove(app, who, command).await.map(Some),
        Command::RenameRoom(command) => rooms::rename(app, who, command).await.map(Some),
        Command::DeleteRoom(command) => rooms::delete(app, who, command).await.map(Some),
        Command::Edit(command) => messages::edit(app, who, command).await.map(Some),
        Command::Delete(command) => messages::delete(app, who, command).await.map(Some),
        Command::React(command) => messages::react(app, who, command).await.map(Some),
        Command::MarkRead(command) => messages::mark_read(app, who, command).await.map(|()| None),
        Command::DismissCard(command) => away::dismiss(app, who, command).await.map(|()| None),
    }
}

async fn is_known(app: &App, who: &Signed, key: ClientKey) -> Result<bool> {
    let mut read = app.store.connection().await?;
    writer::is_known(&mut read, who.user(), key).await
}

fn refusal(client_key: ClientKey, error: &Error) -> Reply {
    log(error);
    match error.told() {
        Problem::SignedOut => Reply::End(Ending::SignedOut),
        Problem::TooFast { retry_after } => too_fast(client_key, retry_after),
        problem => said(rejected(client_key, problem)),
    }
}

pub fn rejected(client_key: ClientKey, problem: Problem) -> ServerItem {
    ServerItem::Rejected(Rejected { client_key, problem })
}

fn too_fast(client_key: ClientKey, retry_after: Millis) -> Reply {
    said(ServerItem::TooFast(TooFast {
        client_key,
        retry_after,
    }))
}

fn said(item: ServerItem) -> Reply {
    Reply::Item(Box::new(item))
}

fn log(error: &Error) {
    if let Error::Fault(fault) = error {
        tracing::error!(fault = fault.chain(), "a command could not be carried out");
    }
}
