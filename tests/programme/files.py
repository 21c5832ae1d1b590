"""Programme files for tests."""

GOOD = """\
format: konsilium-programme/1
congress:
  slug: week
  title: {ru: Неделя, en: Week}
  time_zone: Asia/Almaty
  starts: 2026-03-09
specialties:
  - {key: urology, title: Urology}
halls:
  - {key: theatre-1, kind: theatre, title: {ru: Операционная, en: Theatre 1}}
  - {key: hall, title: Hall}
people:
  - key: host
    name: {ru: Ведущий, en: Host}
    affiliation: Clinic
    city: Oskemen
    country: KZ
    account: {email: Host@Example.org, roles: [surgeon], verified_until: 2027-01-01}
  - {key: guest, name: Guest, city: Tbilisi, country: GE}
members:
  - {name: Org One, email: org1@example.org, roles: [organiser], verified_until: 2027-01-01}
days:
  - key: day-1
    sessions:
      - key: morning
        hall: theatre-1
        title: Morning
        specialty: urology
        slots:
          - {key: op, kind: live, title: Operation, starts: 09:00, minutes: 120, people: {host: [host], guest: [guest]}}
          - {key: talk, kind: talk, title: Talk, minutes: 20, people: {speaker: [guest]}}
  - key: day-2
    slots:
      - {key: lunch, kind: break, hall: hall, title: Lunch, starts: "13:00", minutes: 60}
"""

DEMO = (
    GOOD.replace("starts: 2026-03-09", "starts: today-1\n  demonstration: true")
    .replace("minutes: 120,", "minutes: 120, anchor: on_air,")
    .replace(
        "  - {name: Org One",
        "  - {name: Org Two, email: org2@example.org, roles: [organiser]}\n  - {name: Org One",
    )
)
