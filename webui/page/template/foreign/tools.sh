python3 -m venv check && . check/bin/activate
pip install tlog-scales pymerkle
sudo apt install curl golang-go golang-golang-x-mod-dev
