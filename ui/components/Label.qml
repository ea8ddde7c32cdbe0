// A text in the font, colour and line height of this screen.
pragma ComponentBehavior: Bound
import QtQuick

Text {
    font.pixelSize: Theme.row
    color: Theme.ink
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    Accessible.role: Accessible.StaticText
    Accessible.name: text
    Accessible.ignored: text.length === 0
}
