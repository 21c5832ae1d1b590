"""The demo: invented congresses, people who sign in with one click, and a simulated theatre."""
