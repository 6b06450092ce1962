"""Every route, by noun. A new page of a room needs no line here: see `pages/`."""

from django.urls import include, path

from verbond.web.views import (
    assets,
    audit,
    backups,
    health,
    home,
    imports,
    invitations,
    jobs,
    language,
    organisations,
    passkeys,
    people,
    profile,
    providers,
    rooms,
    runs,
    session,
    welcome,
)

organisation = [
    path("", rooms.today, name="today"),
    path("data/", imports.collection, name="imports"),
    path("people/", people.collection, name="people"),
    path("people/<int:id>/", people.one, name="person"),
    path("people/<int:id>/removal/", people.removal, name="person_removal"),
    path("invitations/", invitations.collection, name="invitations"),
    path("invitations/<int:id>/withdrawal/", invitations.withdrawal, name="invitation_withdrawal"),
    path("guest-links/", invitations.guest_links, name="guest_links"),
    path("audit/", audit.collection, name="audit"),
    path("organisation/", organisations.one, name="organisation"),
    path("organisation/closure/", organisations.closure, name="organisation_closure"),
    path("runs/", runs.collection, name="runs"),
    path("jobs/<uuid:id>/", jobs.one, name="job"),
    path("jobs/<uuid:id>/stop/", jobs.stop, name="job_stop"),
    path("<slug:page>/", rooms.room, name="room"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("health/", health.health, name="health"),
    path("assets/<str:digest>/<str:name>", assets.one, name="asset"),
    path("favicon.ico", assets.favicon, name="favicon"),
    path("language/", language.choose, name="language"),
    path("backups/", backups.collection, name="backups"),
    path("backups/<str:name>/", backups.one, name="backup"),
    path("restoring/", backups.restoring, name="restoring"),
    path("welcome/", welcome.owner, name="welcome"),
    path("welcome/backup/", backups.first, name="welcome_backup"),
    path("welcome/start/", welcome.start, name="start"),
    path("session/", session.one, name="session"),
    path("session/code/", session.code, name="session_code"),
    path("session/passkey/", passkeys.with_passkey, name="session_passkey"),
    path("session/passkey/options/", passkeys.to_show, name="session_passkey_options"),
    path("session/provider/<slug:slug>/", providers.departure, name="provider_departure"),
    path("session/provider/<slug:slug>/arrival/", providers.arrival, name="provider_arrival"),
    path("session/end/", session.end, name="session_end"),
    path("session/link/<str:token>/", session.by_link, name="session_link"),
    path("profile/", profile.one, name="profile"),
    path("profile/confirmation/", profile.confirmation, name="confirmation"),
    path("profile/password/", profile.password, name="password"),
    path("profile/second-step/", profile.step, name="second_step"),
    path("profile/second-step/removal/", profile.step_removal, name="second_step_removal"),
    path("profile/recovery-codes/", profile.codes, name="recovery_codes"),
    path("profile/passkeys/", passkeys.collection, name="passkeys"),
    path("profile/passkeys/options/", passkeys.to_keep, name="passkey_options"),
    path("profile/passkeys/<int:id>/removal/", passkeys.removal, name="passkey_removal"),
    path("profile/sessions/removal/", profile.other_sessions, name="other_sessions"),
    path("providers/", providers.collection, name="providers"),
    path("providers/<slug:slug>/removal/", providers.removal, name="provider_removal"),
    path("invitations/<str:token>/", invitations.one, name="invitation"),
    path("guests/<str:token>/", invitations.guest, name="guest"),
    path("o/<slug:organisation>/", include(organisation)),
]

handler404 = "verbond.web.views.refusals.missing"
handler400 = "verbond.web.views.refusals.wrong"
handler500 = "verbond.web.views.refusals.broken"
