// Shows the citizen's whole name in large letters and asks whether it is right.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ConfirmNameContent shown: view as ConfirmNameContent
    title: shown.title
    lead: shown.lead
    readonly property int room: buttons.y - 2 * Theme.gap - otherwise.height
    Card {
        width: parent.width
        height: Math.min(page.room, Math.max(name.height + 2 * Theme.inset, Theme.wide ? 0 : Math.min(560, page.low - Theme.gap)))
        Label {
            id: name
            anchors.centerIn: parent
            width: parent.width - 2 * Theme.inset
            horizontalAlignment: Text.AlignHCenter
            // A name of several parts is broken after the dot between two parts.
            text: whole.includes("·") ? whole.split("·").map(part => Array.from(part).join("\u2060")).join("\u2060·") : whole
            readonly property string whole: page.shown.name
            Accessible.name: whole
            font.pixelSize: Theme.big(Theme.wide || Theme.cells(whole) > 16 ? 72 : 96)
            font.bold: true
            lineHeight: 0.95
        }
    }
    Note {
        id: otherwise
        width: parent.width
        y: buttons.y - Theme.gap - height
        tone: ""
        icon: "info"
        text: page.shown.otherwise
    }
    Row {
        id: buttons
        width: parent.width
        y: parent.height - height
        spacing: Theme.gap
        PushButton {
            objectName: "no"
            width: (parent.width - Theme.gap) * 0.36
            text: page.shown.no
            onClicked: CurrentPage.answer("no")
        }
        PushButton {
            objectName: "yes"
            width: (parent.width - Theme.gap) * 0.64
            primary: true
            text: page.shown.yes
            onClicked: CurrentPage.answer("yes")
        }
    }
}
