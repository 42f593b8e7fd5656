"""What is done with answers outside of runs: a file written, an HTTP call, a message sent.

Each kind is a module of `kinds`, registered by being there. They know neither Streamlit nor the database.
"""
